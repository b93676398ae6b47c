-- $1 digest
SELECT data FROM giaoviec.blob WHERE digest = $1::bytea
