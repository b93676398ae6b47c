-- $1 coordinator
WITH held AS (
    SELECT l.unit_id FROM giaoviec.unit_log l WHERE l.coordinator = $1::text
    ORDER BY l.unit_id FOR NO KEY UPDATE)
UPDATE giaoviec.unit_log l SET coordinator = '' FROM held WHERE l.unit_id = held.unit_id
