-- $1 digest, $2 data. Writes also when it is there.
INSERT INTO giaoviec.blob AS b (digest, data) VALUES ($1::bytea, $2::bytea)
ON CONFLICT (digest) DO UPDATE SET digest = b.digest
