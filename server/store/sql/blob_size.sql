-- $1 digest: locked, so that the answer waits for a standby
SELECT length(data)::int8 FROM giaoviec.blob WHERE digest = $1::bytea FOR NO KEY UPDATE
