-- $1 codes: a lock row for each that has none.
INSERT INTO giaoviec.unit_log (unit_id)
SELECT unit_id FROM giaoviec.unit WHERE code = ANY ($1::text[]) ORDER BY unit_id
ON CONFLICT (unit_id) DO NOTHING
