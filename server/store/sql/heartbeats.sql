-- What somebody holds is skipped: the next heartbeat says the same. A session that was ended for its silence meanwhile goes on.
-- $1 coordinator; one row a heartbeat: $2 unit_id, $3 connection, $4 finished_day (null: not said)
-- First how many are written (unit_id null); then those whose unit has another connection by now.
WITH beat AS (
    SELECT unit_id, connection_no, max(finished_day) AS finished_day
    FROM unnest($2::int4[], $3::int8[], $4::int4[]) AS k (unit_id, connection_no, finished_day)
    GROUP BY unit_id, connection_no),
held AS (
    SELECT l.unit_id, b.finished_day
    FROM beat b JOIN giaoviec.unit_log l ON l.unit_id = b.unit_id AND l.connection_no = b.connection_no
    WHERE l.coordinator IN ($1::text, '')
    ORDER BY l.unit_id FOR NO KEY UPDATE OF l SKIP LOCKED),
done AS (
    UPDATE giaoviec.unit_log l
    SET coordinator = $1::text, last_seen = clock_timestamp(), finished_day = coalesce(held.finished_day, l.finished_day)
    FROM held WHERE l.unit_id = held.unit_id
    RETURNING 1)
SELECT NULL::int4, count(*) FROM done
UNION ALL
SELECT b.unit_id, b.connection_no
FROM beat b JOIN giaoviec.unit_log l ON l.unit_id = b.unit_id AND l.connection_no <> b.connection_no
