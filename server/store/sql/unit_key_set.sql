-- $1 unit_id, $2 key_id, $3 sign_key, $4 curve_key: the key in force. The new holder counts its connections from 1. After an
-- older key it may have other logs: the administrator's token re-admits it.
WITH before AS (
    UPDATE giaoviec.unit_key k SET ended = clock_timestamp()
    FROM giaoviec.unit_log l
    WHERE l.unit_id = $1::int4 AND k.unit_id = l.unit_id AND k.key_id IN (l.key_id, l.next_key_id) AND k.ended IS NULL)
UPDATE giaoviec.unit_log SET key_id = $2::uuid, sign_key = $3::bytea, curve_key = $4::bytea, revoked = false,
    next_key_id = NULL, next_sign_key = NULL, next_curve_key = NULL, next_until = NULL,
    connection_no = 0, coordinator = '', quarantine = NULL,
    readmit = CASE WHEN key_id IS NOT NULL THEN 'enrolled anew' END
WHERE unit_id = $1::int4
