-- $1 unit_id, $2 key_id: sign_key, curve_key, revoked
SELECT sign_key, curve_key, revoked IS NOT NULL
FROM giaoviec.unit_key WHERE unit_id = $1::int4 AND key_id = $2::uuid
