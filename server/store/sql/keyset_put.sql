-- $1 version, $2 keyset: only a newer one.
UPDATE giaoviec.deployment SET keyset_version = $1::int8, keyset = $2::bytea
WHERE keyset_version < $1::int8
