-- Units, in the order of their names.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT json_build_array(u.name_vi, u.unit_id)::text AS key,
       json_build_object(
           'unit', u.code, 'name', u.name_vi, 'name_en', u.name_en, 'group', u.grp, 'fields', u.fields,
           'body', u.body, 'enrolled', l.key_id IS NOT NULL, 'revoked', coalesce(l.revoked, false),
           'quarantine', l.quarantine, 'connected', coalesce(l.coordinator, '') <> '',
           'coordinator', nullif(l.coordinator, ''),
           'last_seen', to_char(l.last_seen AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'),
           'last_report', giaoviec.time_text(w.last_us),
           'silent_days', (($6 - coalesce(w.last_us, w.first_issued_us)) / 86400000000)::int,
           'orders', coalesce(l.order_n, 0), 'acks', coalesce(l.ack_n, 0), 'reports', coalesce(l.report_n, 0),
           'finished_day', giaoviec.day_text(l.finished_day), 'valid_from', giaoviec.day_text(nullif(u.valid_from_day, 0)),
           'valid_to', giaoviec.day_text(u.valid_to_day))::text AS row
FROM giaoviec.unit u LEFT JOIN giaoviec.unit_log l USING (unit_id)
CROSS JOIN LATERAL (
    SELECT greatest(nullif(l.last_report_us, 0), CASE WHEN u.body THEN max(a.last_report_us) END) AS last_us,
           min(a.issued_us) AS first_issued_us
    FROM giaoviec.assignment a WHERE a.unit_id = u.unit_id) w
WHERE ($2 IS NULL OR u.unit_id = ANY ($2)
       OR EXISTS (SELECT FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id)
                  WHERE a.unit_id = u.unit_id AND t.field = ANY ($3)))
  AND giaoviec.found(u.fold, $1::jsonb->>'search')
  AND ($1::jsonb->>'unit' IS NULL OR u.code = $1::jsonb->>'unit')
  AND ($1::jsonb->>'group' IS NULL OR u.grp = $1::jsonb->>'group')
  AND ($1::jsonb->>'state' IS NULL OR CASE $1::jsonb->>'state'
       WHEN 'connected' THEN coalesce(l.coordinator, '') <> ''
       WHEN 'disconnected' THEN NOT u.body AND coalesce(l.coordinator, '') = ''
       WHEN 'enrolled' THEN l.key_id IS NOT NULL
       WHEN 'not-enrolled' THEN NOT u.body AND l.key_id IS NULL
       WHEN 'quarantined' THEN l.quarantine IS NOT NULL
       WHEN 'body' THEN u.body ELSE false END)
  AND ($4 IS NULL OR (u.name_vi, u.unit_id) > ($4::json->>0, ($4::json->>1)::int))
ORDER BY u.name_vi, u.unit_id LIMIT $5
