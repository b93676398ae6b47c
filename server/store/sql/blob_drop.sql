-- $1 digest: its chunks
DELETE FROM giaoviec.blob_chunk WHERE digest = $1::bytea
