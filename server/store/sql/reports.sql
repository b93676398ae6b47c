-- $1 unit_id, $2 first, $3 last: what is stored of the unit's report log
SELECT report_n, report_h, disposition, error, coalesce(text, '')
FROM giaoviec.ledger WHERE unit_id = $1::int4 AND report_n BETWEEN $2::int8 AND $3::int8
ORDER BY report_n
