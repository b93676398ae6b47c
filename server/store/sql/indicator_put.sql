-- One row a value: $1 unit_id, $2 assignment, $3 epoch, $4 code, $5 value (decimal; null: not known), $6 as_of_day,
-- $7 reported_us. The newest as-of day wins, of equal days the later report.
INSERT INTO giaoviec.indicator_value AS v (unit_id, assignment, epoch, code, value, as_of_day, reported_us)
SELECT DISTINCT ON (unit_id, assignment, epoch, code COLLATE "C")
       unit_id, assignment, epoch, code, value::numeric, as_of_day, reported_us
FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::text[], $5::text[], $6::int4[], $7::int8[])
    WITH ORDINALITY AS k (unit_id, assignment, epoch, code, value, as_of_day, reported_us, ord)
ORDER BY unit_id, assignment, epoch, code COLLATE "C", as_of_day DESC, ord DESC
ON CONFLICT (unit_id, assignment, epoch, code) DO UPDATE
    SET value = excluded.value, as_of_day = excluded.as_of_day, reported_us = excluded.reported_us
    WHERE excluded.as_of_day >= v.as_of_day
