-- One at a time adds a chunk: they follow each other, and all of them have one bound.
SELECT true FROM (SELECT pg_advisory_xact_lock(7308604895)) n
