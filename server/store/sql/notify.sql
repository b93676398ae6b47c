-- $1 payload
SELECT true FROM (SELECT pg_notify('giaoviec', $1::text)) n
