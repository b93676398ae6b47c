-- One row an assignment: $1 unit_id, $2 assignment, $3 epoch, $4 state as loaded, $5 state, $6 due_us, $7 due_original_us,
-- $8 issued_us, $9 submitted_us, $10 submit_seen_us, $11 submit_due_us, $12 stamp_us, $13 to_unit; null keeps: $14 person,
-- $15 narrative, $16 progress, $17 last_report_us
WITH done AS (
UPDATE giaoviec.assignment a SET state = k.state, due_us = k.due_us, due_original_us = k.due_original_us,
    issued_us = k.issued_us, submitted_us = k.submitted_us, submit_seen_us = k.submit_seen_us,
    submit_due_us = k.submit_due_us,
    ended_us = CASE WHEN k.state IN (7, 9, 11, 12) THEN coalesce(a.ended_us, k.stamp_us) END,
    to_unit = k.to_unit, person = coalesce(k.person, a.person), narrative = coalesce(k.narrative, a.narrative),
    progress = coalesce(k.progress, a.progress), last_report_us = coalesce(k.last_report_us, a.last_report_us)
FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::int4[], $5::int4[], $6::int8[], $7::int8[], $8::int8[], $9::int8[],
            $10::int8[], $11::int8[], $12::int8[], $13::int4[], $14::text[], $15::text[], $16::int4[], $17::int8[])
    AS k (unit_id, assignment, epoch, loaded, state, due_us, due_original_us, issued_us, submitted_us, submit_seen_us,
          submit_due_us, stamp_us, to_unit, person, narrative, progress, last_report_us)
WHERE a.unit_id = k.unit_id AND a.assignment = k.assignment AND a.epoch = k.epoch AND a.state = k.loaded
RETURNING 1)
SELECT giaoviec.all_of(count(*), cardinality($1)) FROM done
