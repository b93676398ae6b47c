-- $1 assignment ids: how many of them are known
SELECT count(DISTINCT k.assignment)
FROM unnest($1::uuid[]) AS k (assignment)
WHERE EXISTS (SELECT FROM giaoviec.assignment a WHERE a.assignment = k.assignment)
