-- One unit: its keys, where its logs stand, what it holds by state.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT '' AS key,
       json_build_object(
           'unit', u.code, 'name', u.name_vi, 'name_en', u.name_en, 'group', u.grp, 'fields', u.fields,
           'body', u.body, 'enrolled', l.key_id IS NOT NULL, 'revoked', coalesce(l.revoked, false),
           'quarantine', l.quarantine, 'readmit', l.readmit, 'connected', coalesce(l.coordinator, '') <> '',
           'coordinator', nullif(l.coordinator, ''),
           'last_seen', to_char(l.last_seen AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'),
           'last_report', giaoviec.time_text(w.last_us),
           'silent_days', (($6 - coalesce(w.last_us, w.first_issued_us)) / 86400000000)::int,
           'orders', coalesce(l.order_n, 0), 'acks', coalesce(l.ack_n, 0), 'reports', coalesce(l.report_n, 0),
           'finished_day', giaoviec.day_text(l.finished_day), 'valid_from', giaoviec.day_text(nullif(u.valid_from_day, 0)),
           'valid_to', giaoviec.day_text(u.valid_to_day),
           'connection', coalesce(l.connection_no, 0), 'key_id', giaoviec.hex(l.key_id),
           'next_key_id', giaoviec.hex(l.next_key_id),
           'next_until', to_char(l.next_until AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'),
           'keys', (SELECT coalesce(json_agg(json_build_object(
                        'key_id', giaoviec.hex(k.key_id),
                        'enrolled', to_char(k.enrolled AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'),
                        'follows', giaoviec.hex(k.follows),
                        'ended', to_char(k.ended AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'),
                        'revoked', to_char(k.revoked AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"'))
                        ORDER BY k.enrolled), '[]'::json)
                    FROM giaoviec.unit_key k WHERE k.unit_id = u.unit_id),
           'states', (SELECT coalesce(json_object_agg(giaoviec.state_name(s.state), s.n), '{}'::json)
                      FROM (SELECT a.state, count(*) AS n FROM giaoviec.assignment a
                            WHERE a.unit_id = u.unit_id GROUP BY a.state ORDER BY a.state) s),
           'roles', (SELECT coalesce(json_object_agg(giaoviec.role_name(s.role), s.n), '{}'::json)
                     FROM (SELECT a.role, count(*) AS n FROM giaoviec.assignment a
                           WHERE a.unit_id = u.unit_id AND a.state NOT IN (1, 11, 12) GROUP BY a.role ORDER BY a.role) s)
           )::text AS row
FROM giaoviec.unit u LEFT JOIN giaoviec.unit_log l USING (unit_id)
CROSS JOIN LATERAL (
    SELECT greatest(nullif(l.last_report_us, 0), CASE WHEN u.body THEN max(a.last_report_us) END) AS last_us,
           min(a.issued_us) AS first_issued_us
    FROM giaoviec.assignment a WHERE a.unit_id = u.unit_id) w
WHERE u.code = $1::jsonb->>'unit' AND ($2 IS NULL OR u.unit_id = ANY ($2)
       OR EXISTS (SELECT FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id)
                  WHERE a.unit_id = u.unit_id AND t.field = ANY ($3)))
