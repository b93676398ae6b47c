-- $1 digest. Whoever reads it for an act keeps it; an act that is refused takes that back with its transaction.
UPDATE giaoviec.blob SET actor = NULL WHERE digest = $1::bytea RETURNING data
