-- $1 unit ids: their lock rows, waited for in order of id.
SELECT l.unit_id, u.code, u.body, l.key_id IS NOT NULL, l.revoked, l.quarantine IS NOT NULL,
       coalesce(u.valid_to_day < giaoviec.day_of((SELECT CASE WHEN d.stepped THEN d.business_us ELSE giaoviec.real_us() END FROM giaoviec.deployment d)), false),
       l.key_id, l.connection_no, l.coordinator, l.report_n, l.report_h, l.order_n, l.order_h, l.ack_n,
       l.finished_day, l.last_report_us, l.readmit IS NOT NULL,
       l.next_key_id, l.next_curve_key
FROM giaoviec.unit_log l JOIN giaoviec.unit u ON u.unit_id = l.unit_id
WHERE l.unit_id = ANY ($1::int4[])
ORDER BY l.unit_id
FOR NO KEY UPDATE OF l
