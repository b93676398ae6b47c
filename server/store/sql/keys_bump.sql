-- Whoever holds a snapshot of the keys takes a new one. Last in a transaction: one row for all.
UPDATE giaoviec.keys_version SET version = version + 1
