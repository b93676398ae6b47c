-- One row a planned occurrence: $1 unit_id, $2 assignment, $3 epoch, $4 first_day, $5 last_day, $6 due_day
INSERT INTO giaoviec.occurrence (unit_id, assignment, epoch, first_day, last_day, due_day)
SELECT * FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::int4[], $5::int4[], $6::int4[])
