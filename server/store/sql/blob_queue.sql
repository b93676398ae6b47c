-- $1 digest: one at a time puts chunks of it together
SELECT true FROM (SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 7308604895))) n
