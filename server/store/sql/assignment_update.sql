-- One row an assignment: $1 unit_id, $2 assignment, $3 epoch, $4 state as loaded, $5 state, $6 due_us, $7 due_original_us,
-- $8 issued_us, $9 submitted_us, $10 submit_seen_us, $11 submit_due_us, $12 stamp_us, $13 to_unit; null keeps: $14 person,
-- $15 narrative, $16 progress, $17 last_report_us
-- A row alone: scalars.
WITH done AS (
UPDATE giaoviec.assignment a SET state = k.state, due_us = k.due_us, due_original_us = k.due_original_us,
    issued_us = k.issued_us, submitted_us = k.submitted_us, submit_seen_us = k.submit_seen_us,
    submit_due_us = k.submit_due_us,
    ended_us = CASE WHEN k.state IN (7, 9, 11, 12) THEN coalesce(a.ended_us, k.stamp_us) END,
    to_unit = k.to_unit, person = coalesce(k.person, a.person), narrative = coalesce(k.narrative, a.narrative),
    progress = coalesce(k.progress, a.progress), last_report_us = coalesce(k.last_report_us, a.last_report_us)
FROM (SELECT unnest($1::int4[]) AS unit_id, unnest($2::uuid[]) AS assignment, unnest($3::int4[]) AS epoch,
    unnest($4::int4[]) AS loaded, unnest($5::int4[]) AS state, unnest($6::int8[]) AS due_us,
    unnest($7::int8[]) AS due_original_us, unnest($8::int8[]) AS issued_us, unnest($9::int8[]) AS submitted_us,
    unnest($10::int8[]) AS submit_seen_us, unnest($11::int8[]) AS submit_due_us, unnest($12::int8[]) AS stamp_us,
    unnest($13::int4[]) AS to_unit, unnest($14::text[]) AS person, unnest($15::text[]) AS narrative,
    unnest($16::int4[]) AS progress, unnest($17::int8[]) AS last_report_us) k
WHERE a.unit_id = k.unit_id AND a.assignment = k.assignment AND a.epoch = k.epoch AND a.state = k.loaded
RETURNING 1)
SELECT giaoviec.all_of(count(*), cardinality($1)) FROM done
