-- $1 digest, $2 size, $3 milliseconds: what has waited longer for its act, and chunks of another size of the same
WITH unused AS (
    DELETE FROM giaoviec.blob WHERE actor IS NOT NULL AND added < clock_timestamp() - $3::int8 * interval '1 millisecond')
DELETE FROM giaoviec.blob_chunk
WHERE added < clock_timestamp() - $3::int8 * interval '1 millisecond' OR (digest = $1::bytea AND total <> $2::int8)
