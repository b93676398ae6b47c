-- $1 rows of a unit at most, $2 bytes of a unit at most (its first is given in any case); one row a unit: $3 unit_id, $4 after
-- A row alone: scalars.
SELECT o.n, o.h, o.assignment, o.epoch, o.entry, u.unit_id
FROM (SELECT unnest($3::int4[]) AS unit_id, unnest($4::int8[]) AS after) u
CROSS JOIN LATERAL (
    SELECT p.*, sum(length(p.entry)) OVER (ORDER BY p.n) AS total
    FROM (SELECT l.n, l.h, l.assignment, l.epoch, l.entry FROM giaoviec.order_log l
          WHERE l.unit_id = u.unit_id AND l.n > u.after ORDER BY l.n LIMIT $1::int8) p) o
WHERE o.total <= $2::int8 OR o.n = u.after + 1
ORDER BY u.unit_id, o.n
