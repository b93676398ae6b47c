-- What a step of the clock to the day after args.day waits for.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
asked AS (
    SELECT coalesce((p.args->>'day')::int, giaoviec.day_of(p.now_us)) AS day FROM p),
units AS (
    SELECT u.code, l.finished_day IS NULL OR l.finished_day < asked.day OR l.ack_n < l.order_n AS unfinished
    FROM asked, giaoviec.unit u JOIN giaoviec.unit_log l USING (unit_id)
    WHERE l.coordinator <> ''),
unsealed AS (
    SELECT count(*) AS n FROM giaoviec.ledger
    WHERE (era, xid) > (SELECT coalesce(max(s.era), 0), coalesce(max(s.xid_to), '0'::xid8)
                        FROM (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s)),
counts AS (
    SELECT count(*) AS connected, count(*) FILTER (WHERE unfinished) AS unfinished FROM units)
SELECT '' AS key,
       json_build_object('day', giaoviec.day_text(asked.day), 'connected', counts.connected,
                         'unfinished', counts.unfinished, 'unsealed', unsealed.n,
                         'settled', counts.unfinished = 0 AND unsealed.n = 0,
                         'units', (SELECT coalesce(json_agg(code), '[]'::json)
                                   FROM (SELECT code FROM units WHERE unfinished ORDER BY code LIMIT 20) c))::text AS row
FROM asked, counts, unsealed
