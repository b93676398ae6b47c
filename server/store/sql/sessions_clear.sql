-- $1 coordinator. What somebody holds is skipped: it ends for its silence.
WITH held AS (
    SELECT l.unit_id FROM giaoviec.unit_log l WHERE l.coordinator = $1::text
    ORDER BY l.unit_id FOR NO KEY UPDATE SKIP LOCKED)
UPDATE giaoviec.unit_log l SET coordinator = '' FROM held WHERE l.unit_id = held.unit_id
