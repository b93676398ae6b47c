-- One row an order: $1 unit_id, $2 n, $3 h, $4 assignment, $5 epoch, $6 entry
INSERT INTO giaoviec.order_log (unit_id, n, h, assignment, epoch, entry)
SELECT * FROM unnest($1::int4[], $2::int8[], $3::bytea[], $4::uuid[], $5::int4[], $6::bytea[])
