-- Units with open lead assignments of which nothing was heard for args.days (7) days.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
open AS (
    SELECT a.unit_id, count(*) AS n
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d ON d.directive = a.directive
    WHERE a.role = 1 AND a.state IN (2, 3, 4, 5, 6, 8, 10) AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
    GROUP BY a.unit_id),
heard AS (
    SELECT u.unit_id, u.code, u.name_vi, o.n, coalesce(l.coordinator, '') <> '' AS connected,
           CASE WHEN u.body THEN w.last_us ELSE nullif(l.last_report_us, 0) END AS last_us, w.first_issued_us
    FROM open o JOIN giaoviec.unit u USING (unit_id) LEFT JOIN giaoviec.unit_log l USING (unit_id)
    CROSS JOIN LATERAL (SELECT max(a.last_report_us) AS last_us, min(a.issued_us) AS first_issued_us
                        FROM giaoviec.assignment a WHERE a.unit_id = u.unit_id) w),
silent AS (
    SELECT h.*, (($6 - coalesce(last_us, first_issued_us)) / 86400000000)::int AS days FROM heard h)
SELECT json_build_array(-s.days, s.code)::text AS key,
       json_build_object(
           'unit', s.code, 'name', s.name_vi, 'days', s.days, 'never', s.last_us IS NULL,
           'last_report', giaoviec.time_text(s.last_us), 'open', s.n, 'connected', s.connected)::text AS row
FROM silent s
WHERE s.days >= coalesce(($1::jsonb->>'days')::int, 7)
  AND ($4 IS NULL OR (-s.days, s.code) > (($4::json->>0)::int, $4::json->>1))
ORDER BY -s.days, s.code LIMIT $5
