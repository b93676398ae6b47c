-- $1 digest, $2 size: what was left behind a day ago, and chunks of another size of the same
DELETE FROM giaoviec.blob_chunk
WHERE added < clock_timestamp() - interval '1 day' OR (digest = $1::bytea AND total <> $2::int8)
