-- $1 digest: bytes held (chunks only ever follow each other)
SELECT coalesce(max(begins + length(data)), 0)::int8 FROM giaoviec.blob_chunk WHERE digest = $1::bytea
