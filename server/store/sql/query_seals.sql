-- How far the ledger is sealed, and how old the oldest row without a position is.
-- Of the seals only the last is read, however many there are; rows that wait are counted to 100,000.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT '' AS key,
       json_build_object(
           'era', d.era, 'position', s.position, 'waiting', u.n,
           'lag_ms', coalesce((extract(epoch FROM clock_timestamp() - u.oldest) * 1000)::bigint, 0),
           'last_sealed', to_char(s.sealed AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'))::text AS row
FROM giaoviec.deployment d,
    (SELECT coalesce(max(l.first_position + l.n) - 1, 0) AS position, max(l.sealed) AS sealed
     FROM (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) l) s,
    (SELECT count(*) AS n, min(w.recorded) AS oldest
     FROM (SELECT l.recorded FROM giaoviec.ledger l
           WHERE (l.era, l.xid) > (SELECT coalesce(max(s.era), 0), coalesce(max(s.xid_to), '0'::xid8)
                                   FROM (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s)
           ORDER BY l.era, l.xid LIMIT 100000) w) u
