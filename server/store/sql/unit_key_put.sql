-- $1 unit_id, $2 key_id, $3 sign_key, $4 curve_key, $5 statement
INSERT INTO giaoviec.unit_key (unit_id, key_id, sign_key, curve_key, statement)
VALUES ($1::int4, $2::uuid, $3::bytea, $4::bytea, $5::bytea)
