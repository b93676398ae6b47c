-- $1 unit_id, $2 n
SELECT h FROM giaoviec.order_log WHERE unit_id = $1::int4 AND n = $2::int8
