-- One row an event, in order: $1 business_us, $2 signed_us, $3 kind, $4 entry_kind, $5 unit_id, $6 report_n, $7 report_h,
-- $8 disposition, $9 error, $10 text, $11 assignment, $12 epoch, $13 directive, $14 task_id, $15 item, $16 role,
-- $17 state_from, $18 state_to, $19 due_us, $20 submitted_us, $21 submit_due_us, $22 act_id, $23 actor, $24 person,
-- $25 narrative, $26 progress, $27 facts
-- unnest() in the select list keeps the order and makes no tuple store of each array.
-- A row alone: scalars.
INSERT INTO giaoviec.ledger (era, business_us, signed_us, kind, entry_kind, unit_id, report_n, report_h, disposition, error,
    text, assignment, epoch, directive, task_id, item, role, state_from, state_to, due_us, submitted_us, submit_due_us,
    act_id, actor, person, narrative, progress, facts)
SELECT coalesce((SELECT d.era FROM giaoviec.deployment d), 1), business_us, signed_us, kind, entry_kind, unit_id, report_n,
    report_h, disposition, error, text, assignment, epoch, directive, task_id, item, role, state_from, state_to, due_us,
    submitted_us, submit_due_us, act_id, actor, person, narrative, progress, facts::jsonb
FROM (SELECT unnest($1::int8[]) AS business_us, unnest($2::int8[]) AS signed_us, unnest($3::int4[]) AS kind,
    unnest($4::int4[]) AS entry_kind, unnest($5::int4[]) AS unit_id, unnest($6::int8[]) AS report_n, unnest($7::bytea[]) AS
    report_h, unnest($8::int4[]) AS disposition, unnest($9::int4[]) AS error, unnest($10::text[]) AS text,
    unnest($11::uuid[]) AS assignment, unnest($12::int4[]) AS epoch, unnest($13::uuid[]) AS directive, unnest($14::int4[])
    AS task_id, unnest($15::int4[]) AS item, unnest($16::int4[]) AS role, unnest($17::int4[]) AS state_from,
    unnest($18::int4[]) AS state_to, unnest($19::int8[]) AS due_us, unnest($20::int8[]) AS submitted_us, unnest($21::int8[])
    AS submit_due_us, unnest($22::uuid[]) AS act_id, unnest($23::text[]) AS actor, unnest($24::text[]) AS person,
    unnest($25::text[]) AS narrative, unnest($26::int4[]) AS progress, unnest($27::text[]) AS facts) k
