-- Runs as giaoviec_owner. The key that is to follow a unit's key in force: admitted beside it, until its first Hello or
-- until next_until, when it takes its place. Of the keys that were: which one it followed, and when it ended.
ALTER TABLE giaoviec.unit_log ADD COLUMN next_key_id uuid, ADD COLUMN next_sign_key bytea,
    ADD COLUMN next_curve_key bytea, ADD COLUMN next_until timestamptz;
CREATE INDEX unit_log_rotating ON giaoviec.unit_log (next_until) WHERE next_until IS NOT NULL;
ALTER TABLE giaoviec.unit_key ADD COLUMN follows uuid, ADD COLUMN ended timestamptz;
CREATE OR REPLACE FUNCTION giaoviec.event_name(kind int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['REPORT', 'RECEIPT', 'ACT', 'ITEM', 'ENROL', 'DUTY', 'REFUSAL', 'SESSION', 'KEY'])[kind] $$;
