-- $1 who: bytes that no act has used yet, theirs and everybody's
SELECT coalesce(sum(bytes) FILTER (WHERE actor = $1::text), 0)::int8, coalesce(sum(bytes), 0)::int8
FROM (SELECT actor, length(data)::int8 AS bytes FROM giaoviec.blob_chunk
      UNION ALL
      SELECT actor, length(data)::int8 FROM giaoviec.blob WHERE actor IS NOT NULL) waiting
