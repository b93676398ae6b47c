-- $1 hash, $2 key_id
UPDATE giaoviec.enrol_token SET used = clock_timestamp(), used_key = $2::uuid WHERE hash = $1::bytea AND used IS NULL
