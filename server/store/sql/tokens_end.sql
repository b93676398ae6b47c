-- $1 unit codes: their unused tokens end.
UPDATE giaoviec.enrol_token t SET ended = true
FROM giaoviec.unit u
WHERE u.code = ANY ($1::text[]) AND t.unit_id = u.unit_id AND t.used IS NULL AND NOT t.ended
