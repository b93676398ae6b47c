-- One row a unit: $1 unit_id, $2 after, $3 the last that is asked for
-- A row alone: scalars.
SELECT o.n, o.h, o.assignment, o.epoch, u.unit_id
FROM (SELECT unnest($1::int4[]) AS unit_id, unnest($2::int8[]) AS after, unnest($3::int8[]) AS upto) u
CROSS JOIN LATERAL (
    SELECT l.n, l.h, l.assignment, l.epoch FROM giaoviec.order_log l
    WHERE l.unit_id = u.unit_id AND l.n > u.after AND l.n <= u.upto ORDER BY l.n) o
ORDER BY u.unit_id, o.n
