-- $1 number (advisory.h). One seals at a time; who finds it held leaves it to the other.
SELECT pg_try_advisory_xact_lock($1::int8)
