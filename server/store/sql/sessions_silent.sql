-- $1 milliseconds: sessions that nobody has heard of for so long (their coordinator is gone) end; what somebody holds is skipped.
-- So do those heard of so far in the future, by a clock that was ahead: who lives goes on with the next heartbeat.
WITH silent AS (
    SELECT l.unit_id FROM giaoviec.unit_log l
    WHERE l.coordinator <> '' AND (l.last_seen < clock_timestamp() - $1::int4 * interval '1 millisecond'
                                   OR l.last_seen > clock_timestamp() + $1::int4 * interval '1 millisecond')
    ORDER BY l.unit_id FOR NO KEY UPDATE SKIP LOCKED)
UPDATE giaoviec.unit_log l SET coordinator = '' FROM silent WHERE l.unit_id = silent.unit_id
