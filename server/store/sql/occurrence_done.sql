-- One row a period that a report fulfils: $1 unit_id, $2 assignment, $3 epoch, $4 first_day, $5 signed_us, $6 stored_us.
-- The first report of a period stays.
UPDATE giaoviec.occurrence o SET done_us = giaoviec.effective_us(k.signed_us, k.stored_us)
FROM (SELECT DISTINCT ON (unit_id, assignment, epoch, first_day) *
      FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::int4[], $5::int8[], $6::int8[])
          WITH ORDINALITY AS p (unit_id, assignment, epoch, first_day, signed_us, stored_us, ord)
      ORDER BY unit_id, assignment, epoch, first_day, ord) k
WHERE o.unit_id = k.unit_id AND o.assignment = k.assignment AND o.epoch = k.epoch AND o.first_day = k.first_day
  AND o.done_us IS NULL
