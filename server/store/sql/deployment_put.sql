-- $1 id, $2 demonstration, $3 stepped, $4 business_us, $5 keyset_version, $6 keyset, $7 root_key
INSERT INTO giaoviec.deployment (id, demonstration, stepped, business_us, keyset_version, keyset, root_key)
VALUES ($1::uuid, $2::bool, $3::bool, $4::int8, $5::int8, $6::bytea, $7::bytea)
ON CONFLICT (one) DO NOTHING
