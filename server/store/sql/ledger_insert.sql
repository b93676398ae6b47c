-- One row an event, in order: $1 business_us, $2 signed_us, $3 kind, $4 entry_kind, $5 unit_id, $6 report_n, $7 report_h,
-- $8 disposition, $9 error, $10 text, $11 assignment, $12 epoch, $13 directive, $14 task_id, $15 item, $16 role,
-- $17 state_from, $18 state_to, $19 due_us, $20 submitted_us, $21 submit_due_us, $22 act_id, $23 actor, $24 person,
-- $25 narrative, $26 progress, $27 facts
INSERT INTO giaoviec.ledger (era, business_us, signed_us, kind, entry_kind, unit_id, report_n, report_h, disposition, error,
    text, assignment, epoch, directive, task_id, item, role, state_from, state_to, due_us, submitted_us, submit_due_us, act_id,
    actor, person, narrative, progress, facts)
SELECT coalesce((SELECT d.era FROM giaoviec.deployment d), 1), business_us, signed_us, kind, entry_kind, unit_id, report_n,
    report_h, disposition, error, text, assignment, epoch, directive, task_id, item, role, state_from, state_to, due_us,
    submitted_us, submit_due_us, act_id, actor, person, narrative, progress, facts::jsonb
FROM unnest($1::int8[], $2::int8[], $3::int4[], $4::int4[], $5::int4[], $6::int8[], $7::bytea[], $8::int4[], $9::int4[],
            $10::text[], $11::uuid[], $12::int4[], $13::uuid[], $14::int4[], $15::int4[], $16::int4[], $17::int4[],
            $18::int4[], $19::int8[], $20::int8[], $21::int8[], $22::uuid[], $23::text[], $24::text[], $25::text[],
            $26::int4[], $27::text[])
    WITH ORDINALITY AS k (business_us, signed_us, kind, entry_kind, unit_id, report_n, report_h, disposition, error, text,
        assignment, epoch, directive, task_id, item, role, state_from, state_to, due_us, submitted_us, submit_due_us, act_id,
        actor, person, narrative, progress, facts, ord)
ORDER BY ord
