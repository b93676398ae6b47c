-- Assignments, by task and unit. Those that ended by a transfer or were revoked only where asked for. A page begins in the
-- index task_place and sorts task by task.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT json_build_array(t.directive, t.place, u.code, a.assignment, a.epoch)::text AS key,
       json_build_object(
           'assignment', giaoviec.hex(a.assignment), 'unit', u.code, 'unit_name', u.name_vi, 'epoch', a.epoch,
           'task', t.number, 'directive', giaoviec.hex(a.directive), 'notation', d.notation, 'item', a.item,
           'words', t.words, 'field', t.field, 'task_digest', encode(t.digest, 'hex'),
           'role', giaoviec.role_name(a.role), 'state', giaoviec.state_name(a.state),
           'class', giaoviec.schedule_class(a.state, a.due_us, a.submitted_us, a.submit_due_us, $6),
           'cell', giaoviec.cell_name(c.cell), 'due', giaoviec.due_text(a.due_us),
           'due_original', giaoviec.due_text(a.due_original_us),
           'overdue_days', CASE WHEN giaoviec.schedule_class(a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) = 'OVERDUE'
                           THEN giaoviec.overdue_days(a.due_us, $6) ELSE 0 END,
           'issued', giaoviec.time_text(a.issued_us), 'submitted', giaoviec.time_text(a.submitted_us),
           'submission_seen', giaoviec.time_text(a.submit_seen_us), 'ended', giaoviec.time_text(a.ended_us),
           'person', a.person, 'progress', CASE WHEN a.progress > 0 THEN a.progress - 1 END,
           'last_report', giaoviec.time_text(a.last_report_us), 'narrative', a.narrative,
           'from_unit', (SELECT f.code FROM giaoviec.unit f WHERE f.unit_id = a.from_unit), 'from_epoch', a.from_epoch,
           'to_unit', (SELECT g.code FROM giaoviec.unit g WHERE g.unit_id = a.to_unit))::text AS row
FROM giaoviec.assignment a JOIN giaoviec.unit u USING (unit_id) JOIN giaoviec.task t USING (task_id)
JOIN giaoviec.directive d ON d.directive = a.directive
CROSS JOIN LATERAL (
    SELECT giaoviec.cell_of(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) AS cell) c
WHERE giaoviec.in_scope(a.unit_id, t.field, $2, $3)
  AND ($1::jsonb->>'unit' IS NULL OR u.code = $1::jsonb->>'unit')
  AND ($1::jsonb->>'task' IS NULL OR t.number = $1::jsonb->>'task')
  AND ($1::jsonb->>'item' IS NULL OR a.item = ($1::jsonb->>'item')::int)
  AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
  AND ($1::jsonb->>'state' IS NULL OR giaoviec.state_name(a.state) = $1::jsonb->>'state')
  AND ($1::jsonb->>'role' IS NULL OR giaoviec.role_name(a.role) = $1::jsonb->>'role')
  AND ($1::jsonb->>'class' IS NULL
       OR giaoviec.schedule_class(a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) = $1::jsonb->>'class')
  AND ($1::jsonb->>'cell' IS NULL OR giaoviec.cell_name(c.cell) = $1::jsonb->>'cell')
  AND ($1::jsonb->>'assignment' IS NULL
       OR a.assignment BETWEEN rpad($1::jsonb->>'assignment', 32, '0')::uuid AND rpad($1::jsonb->>'assignment', 32, 'f')::uuid)
  AND giaoviec.found(t.fold, $1::jsonb->>'search')
  AND (a.state NOT IN (11, 12) OR $1::jsonb->>'ended' = '1' OR $1::jsonb->>'state' IS NOT NULL)
  AND ($4 IS NULL OR (t.directive, t.place) >= (($4::json->>0)::uuid, ($4::json->>1)::int))
  AND ($4 IS NULL OR (t.directive, t.place) > (($4::json->>0)::uuid, ($4::json->>1)::int)
       OR (u.code, a.assignment, a.epoch) > ($4::json->>2, ($4::json->>3)::uuid, ($4::json->>4)::int))
ORDER BY t.directive, t.place, u.code, a.assignment, a.epoch LIMIT $5
