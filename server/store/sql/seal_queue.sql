-- One seals at a time; who finds it held leaves it to the other.
SELECT pg_try_advisory_xact_lock(7308604896)
