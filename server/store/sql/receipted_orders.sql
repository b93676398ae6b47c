-- What receipts of orders tell, one row a unit: $1 unit_id, $2 the last order that it holds. Answers those that it did not
-- hold before, as far as the log goes.
-- A row alone: scalars.
SELECT o.n, o.h, o.assignment, o.epoch, w.unit_id
FROM (SELECT unnest($1::int4[]) AS unit_id, unnest($2::int8[]) AS last) w
JOIN giaoviec.unit_log l ON l.unit_id = w.unit_id
CROSS JOIN LATERAL (
    SELECT p.n, p.h, p.assignment, p.epoch FROM giaoviec.order_log p
    WHERE p.unit_id = w.unit_id AND p.n > l.ack_n AND p.n <= w.last ORDER BY p.n) o
ORDER BY w.unit_id, o.n
