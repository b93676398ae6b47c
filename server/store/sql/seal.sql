-- Rows below the snapshot's horizon: nothing with such a transaction id can appear any more. Those of a
-- former era are all there.
WITH edge AS (
    SELECT coalesce(s.era, 0) AS era, coalesce(s.xid_to, '0'::xid8) AS xid, coalesce(s.first_position + s.n, 1) AS next
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s ON true),
todo AS (
    SELECT l.era, min(l.xid) AS xid_from, max(l.xid) AS xid_to, count(*) AS n
    FROM edge JOIN giaoviec.ledger l ON (l.era, l.xid) > (edge.era, edge.xid)
    WHERE l.era < (SELECT d.era FROM giaoviec.deployment d) OR l.xid < pg_snapshot_xmin(pg_current_snapshot())
    GROUP BY l.era)
INSERT INTO giaoviec.seal (era, xid_from, xid_to, first_position, n)
SELECT todo.era, todo.xid_from, todo.xid_to,
       edge.next + coalesce(sum(todo.n) OVER (ORDER BY todo.era ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::int8,
       todo.n
FROM todo CROSS JOIN edge
ORDER BY todo.era
RETURNING n
