-- $1 coordinator: units that it delivers to and that have orders without a receipt. Writes when there are any: what is answered
-- waits for its synchronous standby, with all that could be seen here.
WITH pending AS MATERIALIZED (
    SELECT unit_id, order_n, ack_n FROM giaoviec.unit_log WHERE coordinator = $1::text AND ack_n < order_n),
waits AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'giaoviec', '') WHERE EXISTS (SELECT FROM pending))
SELECT unit_id, order_n, ack_n FROM pending, waits ORDER BY unit_id
