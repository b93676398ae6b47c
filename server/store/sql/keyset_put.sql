-- $1 version, $2 keyset: only a newer one, or once more the same: whoever puts it again was not answered.
UPDATE giaoviec.deployment SET keyset_version = $1::int8, keyset = $2::bytea
WHERE keyset_version < $1::int8 OR (keyset_version = $1::int8 AND keyset = $2::bytea)
