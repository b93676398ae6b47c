-- Runs as giaoviec_owner. Why the unit may adopt the deployment's logs where its own contradict them; NULL: it may not.
-- Set by an act (a token that enrols it anew, a quarantine that is lifted), ended by the first Hello that agrees.
ALTER TABLE giaoviec.unit_log ADD COLUMN readmit text;
