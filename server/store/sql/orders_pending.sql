-- $1 coordinator: units that it delivers to and that have orders without a receipt
SELECT unit_id, order_n, ack_n FROM giaoviec.unit_log
WHERE coordinator = $1::text AND ack_n < order_n
ORDER BY unit_id
