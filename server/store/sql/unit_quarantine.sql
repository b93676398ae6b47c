-- $1 unit_id, $2 why (null: lifted, and re-admitted): only a change
UPDATE giaoviec.unit_log SET quarantine = $2::text,
    readmit = CASE WHEN $2::text IS NULL THEN 'quarantine lifted' END
WHERE unit_id = $1::int4 AND (quarantine IS NULL) <> ($2::text IS NULL)
