-- $1 day: units connected, of them those that have not finished the day or hold back a receipt, ledger rows without a position
WITH edge AS (
    SELECT coalesce(s.era, 0) AS era, coalesce(s.xid_to, '0'::xid8) AS xid
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s ON true)
SELECT count(*), count(*) FILTER (WHERE finished_day IS NULL OR finished_day < $1::int4 OR ack_n < order_n),
       (SELECT count(*) FROM edge JOIN giaoviec.ledger l ON (l.era, l.xid) > (edge.era, edge.xid))
FROM giaoviec.unit_log WHERE coordinator <> ''
