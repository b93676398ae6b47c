-- $1 rows. Positions given, rows that wait, counted to $1 of them, age of the oldest of these in microseconds (0: none)
WITH edge AS (
    SELECT coalesce(s.era, 0) AS era, coalesce(s.xid_to, '0'::xid8) AS xid, coalesce(s.first_position + s.n - 1, 0) AS position
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s ON true),
waiting AS (
    SELECT l.recorded FROM giaoviec.ledger l
    WHERE (l.era, l.xid) > (SELECT edge.era, edge.xid FROM edge)
    ORDER BY l.era, l.xid LIMIT $1::int8)
SELECT edge.position, w.n, w.lag_us
FROM edge CROSS JOIN (
    SELECT count(*) AS n,
           coalesce(greatest((extract(epoch FROM clock_timestamp() - min(waiting.recorded)) * 1000000)::int8, 0), 0) AS lag_us
    FROM waiting) w
