-- Rows below the snapshot's horizon: nothing with such a transaction id can appear any more. Those of a
-- former era are all there. $1 rows: at most so many at once, and what else the last transaction of them has: a page of
-- the feed numbers the seals that it needs from their beginning.
WITH edge AS (
    SELECT coalesce(s.era, 0) AS era, coalesce(s.xid_to, '0'::xid8) AS xid, coalesce(s.first_position + s.n, 1) AS next
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s ON true),
taken AS (
    SELECT l.era, l.xid FROM giaoviec.ledger l
    WHERE (l.era, l.xid) > (SELECT edge.era, edge.xid FROM edge)
      AND (l.era, l.xid) < (SELECT d.era, pg_snapshot_xmin(pg_current_snapshot()) FROM giaoviec.deployment d)
    ORDER BY l.era, l.xid
    FETCH FIRST ($1::int8) ROWS WITH TIES),
todo AS (
    SELECT taken.era, min(taken.xid) AS xid_from, max(taken.xid) AS xid_to, count(*) AS n
    FROM taken GROUP BY taken.era)
INSERT INTO giaoviec.seal (era, xid_from, xid_to, first_position, n)
SELECT todo.era, todo.xid_from, todo.xid_to,
       edge.next + coalesce(sum(todo.n) OVER (ORDER BY todo.era ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::int8,
       todo.n
FROM todo CROSS JOIN edge
ORDER BY todo.era
RETURNING n
