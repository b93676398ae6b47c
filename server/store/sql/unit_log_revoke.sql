-- $1 unit_id, $2 key_id: when it is the key in force
UPDATE giaoviec.unit_log SET revoked = true WHERE unit_id = $1::int4 AND key_id = $2::uuid
