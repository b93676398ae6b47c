-- $1 digest: its chunks in order
SELECT begins, data FROM giaoviec.blob_chunk WHERE digest = $1::bytea ORDER BY begins
