-- $1 unit_id: after unit_key_revoke, where the key in force is revoked now, or the one that is to follow it. None follows any longer.
UPDATE giaoviec.unit_log l SET revoked = l.revoked OR EXISTS (
        SELECT FROM giaoviec.unit_key k WHERE k.unit_id = l.unit_id AND k.key_id = l.key_id AND k.revoked IS NOT NULL),
    next_key_id = NULL, next_sign_key = NULL, next_curve_key = NULL, next_until = NULL
WHERE l.unit_id = $1::int4 AND EXISTS (
    SELECT FROM giaoviec.unit_key k
    WHERE k.unit_id = l.unit_id AND k.key_id IN (l.key_id, l.next_key_id) AND k.revoked IS NOT NULL)
