-- Lead assignments that ended with the target missed.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT json_build_array(t.directive, t.place, u.code, a.assignment)::text AS key,
       json_build_object(
           'assignment', giaoviec.hex(a.assignment), 'unit', u.code, 'name', u.name_vi, 'directive', giaoviec.hex(a.directive),
           'notation', d.notation, 'item', a.item, 'task', t.number, 'words', t.words, 'state', giaoviec.state_name(a.state),
           'due', giaoviec.due_text(a.due_us), 'due_original', giaoviec.due_text(a.due_original_us), 'person', a.person,
           'progress', CASE WHEN a.progress > 0 THEN a.progress - 1 END, 'last_report', giaoviec.time_text(a.last_report_us),
           'narrative', a.narrative,
           'ended', giaoviec.time_text(a.ended_us))::text AS row
FROM giaoviec.assignment a JOIN giaoviec.unit u USING (unit_id) JOIN giaoviec.task t USING (task_id)
JOIN giaoviec.directive d ON d.directive = a.directive
WHERE a.role = 1 AND a.state = 9
  AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)
  AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
  AND ($4 IS NULL OR (t.directive, t.place) >= (($4::json->>0)::uuid, ($4::json->>1)::int))
  AND ($4 IS NULL OR (t.directive, t.place) > (($4::json->>0)::uuid, ($4::json->>1)::int)
       OR (u.code, a.assignment) > ($4::json->>2, ($4::json->>3)::uuid))
ORDER BY t.directive, t.place, u.code, a.assignment LIMIT $5
