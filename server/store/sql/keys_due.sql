-- $1 at most so many: units whose next key's time of grace is over, locked; those that somebody else holds come later.
SELECT l.unit_id, u.code, l.next_key_id
FROM giaoviec.unit_log l JOIN giaoviec.unit u ON u.unit_id = l.unit_id
WHERE l.next_until <= clock_timestamp()
ORDER BY l.unit_id
LIMIT $1::int4
FOR NO KEY UPDATE OF l SKIP LOCKED
