-- $1 unit_id, $2 key_id, $3 act_id: the key and all that came of it: those that it has named, and those that they have; the first
-- revocation stays.
WITH RECURSIVE heir AS (
    SELECT key_id FROM giaoviec.unit_key WHERE unit_id = $1::int4 AND key_id = $2::uuid
    UNION
    SELECT k.key_id FROM heir h JOIN giaoviec.unit_key k ON k.unit_id = $1::int4 AND k.follows = h.key_id)
UPDATE giaoviec.unit_key SET revoked = coalesce(revoked, clock_timestamp()), revoke_act = coalesce(revoke_act, $3::uuid)
WHERE unit_id = $1::int4 AND key_id IN (SELECT key_id FROM heir)
