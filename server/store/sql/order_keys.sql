-- $1 unit_id, $2 first, $3 last
SELECT n, h, assignment, epoch
FROM giaoviec.order_log WHERE unit_id = $1::int4 AND n BETWEEN $2::int8 AND $3::int8
ORDER BY n
