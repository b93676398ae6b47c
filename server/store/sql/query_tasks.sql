-- Tasks, in the order of the letters.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT json_build_array(d.approved_us, t.directive, t.place)::text AS key,
       json_build_object(
           'task', t.number, 'directive', giaoviec.hex(t.directive), 'notation', d.notation, 'item', t.item,
           'words', t.words, 'gloss', t.gloss, 'kinds', t.kinds, 'field', t.field,
           'supervisor', nullif(t.supervisor, ''), 'due', giaoviec.due_text(t.due_us),
           'cadence', giaoviec.cadence_name(t.cadence), 'task_digest', encode(t.digest, 'hex'),
           'leads', n.leads, 'coordinators', n.coordinators, 'followers', n.followers, 'cells', json_build_object('done_on_time', n.done_on_time, 'done_late', n.done_late, 'open_in_time', n.open_in_time,
               'open_overdue', n.open_overdue, 'done_no_due', n.done_no_due, 'open_no_due', n.open_no_due,
               'suspended', n.suspended))::text AS row
FROM giaoviec.task t JOIN giaoviec.directive d USING (directive)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.role = 1 AND a.state NOT IN (1, 11, 12)) AS leads,
           count(*) FILTER (WHERE a.role = 2 AND a.state NOT IN (1, 11, 12)) AS coordinators,
           count(*) FILTER (WHERE a.role = 3 AND a.state NOT IN (1, 11, 12)) AS followers, count(*) AS visible,
           count(*) FILTER (WHERE c.cell = 0) AS done_on_time, count(*) FILTER (WHERE c.cell = 1) AS done_late,
           count(*) FILTER (WHERE c.cell = 2) AS open_in_time, count(*) FILTER (WHERE c.cell = 3) AS open_overdue,
           count(*) FILTER (WHERE c.cell = 4) AS done_no_due, count(*) FILTER (WHERE c.cell = 5) AS open_no_due,
           count(*) FILTER (WHERE c.cell = 6) AS suspended
    FROM giaoviec.assignment a
    CROSS JOIN LATERAL (
    SELECT giaoviec.cell_of(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) AS cell) c
    WHERE a.task_id = t.task_id AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)) n
WHERE ($2 IS NULL OR n.visible > 0 OR t.field = ANY ($3))
  AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
  AND ($1::jsonb->>'item' IS NULL OR t.item = ($1::jsonb->>'item')::int)
  AND ($1::jsonb->>'field' IS NULL OR t.field = $1::jsonb->>'field')
  AND ($1::jsonb->>'kind' IS NULL OR $1::jsonb->>'kind' = ANY (t.kinds))
  AND giaoviec.found(t.fold, $1::jsonb->>'search')
  AND ($4 IS NULL OR (d.approved_us, t.directive, t.place)
                    > (($4::json->>0)::bigint, ($4::json->>1)::uuid, ($4::json->>2)::int))
ORDER BY d.approved_us, t.directive, t.place LIMIT $5
