-- $1 unit_id, $2 n
SELECT report_h FROM giaoviec.ledger WHERE unit_id = $1::int4 AND report_n = $2::int8
