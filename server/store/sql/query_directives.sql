-- Directives, oldest first.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT json_build_array(d.approved_us, d.directive)::text AS key,
       json_build_object(
           'directive', giaoviec.hex(d.directive), 'notation', d.notation, 'abstract', d.abstract, 'version', d.version,
           'approved', giaoviec.time_text(d.approved_us), 'issued', n.assignments > 0, 'issued_at', giaoviec.time_text(n.issued_us),
           'tasks', (SELECT count(*) FROM giaoviec.task t WHERE t.directive = d.directive),
           'assignments', n.assignments, 'leads', n.leads, 'units', n.units,
           'cells', json_build_object('done_on_time', n.done_on_time, 'done_late', n.done_late, 'open_in_time', n.open_in_time,
               'open_overdue', n.open_overdue, 'done_no_due', n.done_no_due, 'open_no_due', n.open_no_due,
               'suspended', n.suspended))::text AS row
FROM giaoviec.directive d
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.state NOT IN (11, 12)) AS assignments, min(a.issued_us) AS issued_us,
           count(*) FILTER (WHERE c.cell IS NOT NULL) AS leads, count(DISTINCT a.unit_id) AS units, count(*) AS visible,
           count(*) FILTER (WHERE c.cell = 0) AS done_on_time, count(*) FILTER (WHERE c.cell = 1) AS done_late,
           count(*) FILTER (WHERE c.cell = 2) AS open_in_time, count(*) FILTER (WHERE c.cell = 3) AS open_overdue,
           count(*) FILTER (WHERE c.cell = 4) AS done_no_due, count(*) FILTER (WHERE c.cell = 5) AS open_no_due,
           count(*) FILTER (WHERE c.cell = 6) AS suspended
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id)
    CROSS JOIN LATERAL (
    SELECT giaoviec.cell_of(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) AS cell) c
    WHERE a.directive = d.directive AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)) n
WHERE ($2 IS NULL OR n.visible > 0)
  AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
  AND ($4 IS NULL OR (d.approved_us, d.directive) > (($4::json->>0)::bigint, ($4::json->>1)::uuid))
ORDER BY d.approved_us, d.directive LIMIT $5
