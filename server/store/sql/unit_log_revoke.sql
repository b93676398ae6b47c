-- $1 unit_id, $2 key_id: when it is the key in force, or the one that is to follow it. None follows any longer.
UPDATE giaoviec.unit_log SET revoked = revoked OR key_id = $2::uuid,
    next_key_id = NULL, next_sign_key = NULL, next_curve_key = NULL, next_until = NULL
WHERE unit_id = $1::int4 AND $2::uuid IN (key_id, next_key_id)
