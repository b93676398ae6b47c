-- $1 unit_id, $2 key_id, $3 sign_key, $4 curve_key: the key in force. The new holder counts its connections from 1. After an
-- older key it may have other logs: the administrator's token re-admits it.
UPDATE giaoviec.unit_log SET key_id = $2::uuid, sign_key = $3::bytea, curve_key = $4::bytea, revoked = false,
    connection_no = 0, coordinator = '', quarantine = NULL,
    readmit = CASE WHEN key_id IS NOT NULL THEN 'enrolled anew' END
WHERE unit_id = $1::int4
