-- $1 unit_id, $2 key_id, $3 act_id: the key, and the one that it has named to follow it; the first revocation stays.
UPDATE giaoviec.unit_key SET revoked = coalesce(revoked, clock_timestamp()), revoke_act = coalesce(revoke_act, $3::uuid)
WHERE unit_id = $1::int4
  AND (key_id = $2::uuid
       OR key_id = (SELECT next_key_id FROM giaoviec.unit_log WHERE unit_id = $1::int4 AND key_id = $2::uuid))
