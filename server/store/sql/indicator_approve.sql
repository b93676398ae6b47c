-- One row an approved assignment: $1 unit_id, $2 assignment, $3 epoch, $4 approved_us. What is reported becomes official.
UPDATE giaoviec.indicator_value v
SET approved_value = v.value, approved_as_of = v.as_of_day, approved_us = k.approved_us
FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::int8[]) AS k (unit_id, assignment, epoch, approved_us)
WHERE v.unit_id = k.unit_id AND v.assignment = k.assignment AND v.epoch = k.epoch
