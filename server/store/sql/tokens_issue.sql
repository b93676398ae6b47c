-- $1 act_id; one row a token: $2 unit code, $3 hash, $4 expires_us (real time)
INSERT INTO giaoviec.enrol_token (hash, unit_id, expires, act_id)
SELECT k.hash, u.unit_id, timestamptz 'epoch' + k.expires_us * interval '1 microsecond', $1::uuid
FROM unnest($2::text[], $3::bytea[], $4::int8[]) AS k (code, hash, expires_us)
JOIN giaoviec.unit u ON u.code = k.code
