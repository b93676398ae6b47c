-- $1 digest, $2 data, $3 who; no act has used it yet. Writes also when it is there.
INSERT INTO giaoviec.blob AS b (digest, data, actor) VALUES ($1::bytea, $2::bytea, $3::text)
ON CONFLICT (digest) DO UPDATE SET digest = b.digest
