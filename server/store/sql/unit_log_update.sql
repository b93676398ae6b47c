-- One row a unit: $1 unit_id, $2 connection, $3 coordinator, $4 report_n, $5 report_h, $6 order_n, $7 order_h, $8 ack_n,
-- $9 finished_day, $10 last_report_us, $11 still being re-admitted (it is never begun here)
-- A row alone: scalars.
WITH done AS (
UPDATE giaoviec.unit_log l SET connection_no = k.connection_no, coordinator = k.coordinator, report_n = k.report_n,
    report_h = k.report_h, order_n = k.order_n, order_h = k.order_h, ack_n = k.ack_n, finished_day = k.finished_day,
    last_report_us = k.last_report_us, readmit = CASE WHEN k.readmit THEN l.readmit END, last_seen = clock_timestamp()
FROM (SELECT unnest($1::int4[]) AS unit_id, unnest($2::int8[]) AS connection_no, unnest($3::text[]) AS coordinator,
    unnest($4::int8[]) AS report_n, unnest($5::bytea[]) AS report_h, unnest($6::int8[]) AS order_n, unnest($7::bytea[]) AS
    order_h, unnest($8::int8[]) AS ack_n, unnest($9::int4[]) AS finished_day, unnest($10::int8[]) AS last_report_us,
    unnest($11::bool[]) AS readmit) k
WHERE l.unit_id = k.unit_id
RETURNING 1)
SELECT giaoviec.all_of(count(*), cardinality($1)) FROM done
