-- $1 unit_id, $2 why (null: lifted): only a change
UPDATE giaoviec.unit_log SET quarantine = $2::text
WHERE unit_id = $1::int4 AND (quarantine IS NULL) <> ($2::text IS NULL)
