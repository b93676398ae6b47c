-- $1 digest, $2 size, $3 milliseconds: what has waited longer for its act, and chunks of another size of the same. A digest's
-- chunks go together, once the newest is that old: where an early one went alone the others would never make the document.
WITH unused AS (
    DELETE FROM giaoviec.blob WHERE actor IS NOT NULL AND added < clock_timestamp() - $3::int8 * interval '1 millisecond'),
old AS (
    SELECT digest FROM giaoviec.blob_chunk GROUP BY digest
    HAVING max(added) < clock_timestamp() - $3::int8 * interval '1 millisecond')
DELETE FROM giaoviec.blob_chunk
WHERE digest IN (SELECT digest FROM old) OR (digest = $1::bytea AND total <> $2::int8)
