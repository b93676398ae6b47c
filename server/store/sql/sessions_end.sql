-- $1 coordinator; one row a session: $2 unit_id, $3 connection
WITH held AS (
    SELECT l.unit_id
    FROM unnest($2::int4[], $3::int8[]) AS k (unit_id, connection_no)
    JOIN giaoviec.unit_log l ON l.unit_id = k.unit_id AND l.connection_no = k.connection_no
    WHERE l.coordinator = $1::text
    ORDER BY l.unit_id FOR NO KEY UPDATE OF l)
UPDATE giaoviec.unit_log l SET coordinator = '' FROM held WHERE l.unit_id = held.unit_id
