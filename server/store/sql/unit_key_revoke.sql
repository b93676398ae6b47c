-- $1 unit_id, $2 key_id, $3 act_id: the first revocation stays.
UPDATE giaoviec.unit_key SET revoked = coalesce(revoked, clock_timestamp()), revoke_act = coalesce(revoke_act, $3::uuid)
WHERE unit_id = $1::int4 AND key_id = $2::uuid
