-- One row an assignment: $1 unit_id, $2 assignment, $3 epoch, $4 directive, $5 task_id, $6 item, $7 role, $8 state, $9 due_us,
-- $10 due_original_us, $11 issued_us, $12 submitted_us, $13 submit_seen_us, $14 submit_due_us, $15 stamp_us, $16 from_unit,
-- $17 from_epoch, $18 to_unit, $19 act_id, $20 person, $21 narrative, $22 progress, $23 last_report_us
INSERT INTO giaoviec.assignment (unit_id, assignment, epoch, directive, task_id, item, role, state, due_us, due_original_us,
    issued_us, submitted_us, submit_seen_us, submit_due_us, ended_us, from_unit, from_epoch, to_unit, act_id, person, narrative,
    progress, last_report_us)
SELECT unit_id, assignment, epoch, directive, task_id, item, role, state, due_us, due_original_us, issued_us, submitted_us,
    submit_seen_us, submit_due_us, CASE WHEN state IN (7, 9, 11, 12) THEN stamp_us END, from_unit, from_epoch, to_unit, act_id,
    person, narrative, coalesce(progress, 0), last_report_us
FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::uuid[], $5::int4[], $6::int4[], $7::int4[], $8::int4[], $9::int8[],
            $10::int8[], $11::int8[], $12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int4[], $17::int4[],
            $18::int4[], $19::uuid[], $20::text[], $21::text[], $22::int4[], $23::int8[])
    AS k (unit_id, assignment, epoch, directive, task_id, item, role, state, due_us, due_original_us, issued_us, submitted_us,
          submit_seen_us, submit_due_us, stamp_us, from_unit, from_epoch, to_unit, act_id, person, narrative, progress,
          last_report_us)
