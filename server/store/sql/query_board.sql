-- One row a unit, and a last row over all. Orders and receipts of every role, the rest of leads.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
held AS (
    SELECT a.unit_id, count(*) FILTER (WHERE a.state NOT IN (1, 11, 12)) AS orders,
           count(*) FILTER (WHERE a.state BETWEEN 3 AND 10) AS received,
           count(*) FILTER (WHERE c.cell IS NOT NULL) AS leads,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state IN (2, 3)) AS waiting,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state = 4) AS accepted,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state = 5) AS in_progress,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state = 6) AS submitted,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state = 7) AS done,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state = 8) AS returned,
           count(*) FILTER (WHERE c.cell IS NOT NULL AND a.state = 9) AS not_met,
           count(*) FILTER (WHERE c.cell = 6) AS suspended, count(*) FILTER (WHERE c.cell = 3) AS overdue,
           max(a.last_report_us) AS last_us, min(a.issued_us) AS first_issued_us
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d ON d.directive = a.directive
    CROSS JOIN LATERAL (
        SELECT giaoviec.cell_of(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) AS cell) c
    WHERE giaoviec.in_scope(a.unit_id, t.field, $2, $3)
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
      AND ($1::jsonb->>'item' IS NULL OR a.item = ($1::jsonb->>'item')::int)
    GROUP BY a.unit_id),
lines AS (
    SELECT 0 AS last, u.name_vi AS name, u.unit_id AS id, u.code, u.body,
           coalesce(l.coordinator, '') <> '' AS connected, l.quarantine IS NOT NULL AS quarantined,
           CASE WHEN u.body THEN h.last_us ELSE nullif(l.last_report_us, 0) END AS last_us, h.first_issued_us,
           h.orders, h.received, h.leads, h.waiting, h.accepted, h.in_progress, h.submitted, h.done, h.returned,
           h.not_met, h.suspended, h.overdue, 1 AS units, (coalesce(l.coordinator, '') <> '')::int AS connected_units
    FROM held h JOIN giaoviec.unit u USING (unit_id) LEFT JOIN giaoviec.unit_log l USING (unit_id)),
everything AS (
    SELECT * FROM lines
    UNION ALL
    SELECT 1, '', 0, NULL, NULL, NULL, NULL, max(last_us), NULL, coalesce(sum(orders), 0), coalesce(sum(received), 0),
           coalesce(sum(leads), 0), coalesce(sum(waiting), 0), coalesce(sum(accepted), 0), coalesce(sum(in_progress), 0),
           coalesce(sum(submitted), 0), coalesce(sum(done), 0), coalesce(sum(returned), 0), coalesce(sum(not_met), 0),
           coalesce(sum(suspended), 0), coalesce(sum(overdue), 0), count(*), coalesce(sum(connected_units), 0)
    FROM lines)
SELECT json_build_array(last, name, id)::text AS key,
       json_build_object(
           'total', last = 1, 'unit', code, 'name', nullif(name, ''), 'body', body, 'connected', connected,
           'quarantined', quarantined, 'units', units, 'connected_units', connected_units, 'orders', orders,
           'received', received, 'leads', leads, 'waiting', waiting, 'accepted', accepted, 'in_progress', in_progress,
           'submitted', submitted, 'done', done, 'returned', returned, 'not_met', not_met, 'suspended', suspended,
           'overdue', overdue, 'last_report', giaoviec.time_text(last_us),
           'silent_days', (($6 - coalesce(last_us, first_issued_us)) / 86400000000)::int)::text AS row
FROM everything
WHERE $4 IS NULL OR (last, name COLLATE "vi-x-icu", id) > (($4::json->>0)::int, $4::json->>1, ($4::json->>2)::int)
ORDER BY last, name COLLATE "vi-x-icu", id LIMIT $5
