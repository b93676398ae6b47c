-- Runs as giaoviec_owner. Whose attachments wait for the act that they come with: in chunks, and whole ones (actor NULL: an act
-- has used it, and it stays). What waits is bounded by person and in all, and expires.
ALTER TABLE giaoviec.blob_chunk ADD COLUMN actor text NOT NULL DEFAULT '';
ALTER TABLE giaoviec.blob ADD COLUMN actor text, ADD COLUMN added timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX blob_unused ON giaoviec.blob (actor) WHERE actor IS NOT NULL;
GRANT DELETE ON giaoviec.blob TO giaoviec_coordinator;
