-- $1 number (advisory.h): waits for whoever has it; held until this transaction ends
SELECT true FROM (SELECT pg_advisory_xact_lock($1::int8)) n
