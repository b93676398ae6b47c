-- The six cells by unit, from the rollups and the time.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
cells AS (
    SELECT r.unit_id, r.directive, r.item, r.outcome, giaoviec.cell(r.outcome, r.due_us, $6) AS cell, r.n
    FROM giaoviec.rollup r JOIN giaoviec.directive d USING (directive)
    WHERE cardinality($3) = 0 AND r.n <> 0 AND ($2 IS NULL OR r.unit_id = ANY ($2))
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
    UNION ALL
    SELECT a.unit_id, a.directive, a.item, o.outcome, giaoviec.cell(o.outcome, coalesce(a.due_us, 0), $6), 1
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d ON d.directive = a.directive
    CROSS JOIN LATERAL (
        SELECT giaoviec.outcome(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us) AS outcome) o
    WHERE cardinality($3) > 0 AND o.outcome IS NOT NULL AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')),
s AS (
    SELECT c.unit_id,
           coalesce(sum(c.n) FILTER (WHERE c.cell = 0), 0) AS done_on_time, coalesce(sum(c.n) FILTER (WHERE c.cell = 1), 0) AS done_late,
           coalesce(sum(c.n) FILTER (WHERE c.cell = 2), 0) AS open_in_time, coalesce(sum(c.n) FILTER (WHERE c.cell = 3), 0) AS open_overdue,
           coalesce(sum(c.n) FILTER (WHERE c.cell = 4), 0) AS done_no_due, coalesce(sum(c.n) FILTER (WHERE c.cell = 5), 0) AS open_no_due,
           coalesce(sum(c.n) FILTER (WHERE c.cell = 6), 0) AS suspended, coalesce(sum(c.n) FILTER (WHERE c.outcome = 7), 0) AS not_met,
           coalesce(sum(c.n), 0) AS total
    FROM cells c GROUP BY c.unit_id)
SELECT json_build_array(u.name_vi, u.unit_id)::text AS key,
       json_build_object(
           'unit', u.code, 'name', u.name_vi, 'name_en', u.name_en, 'body', u.body,
           'done_on_time', s.done_on_time, 'done_late', s.done_late, 'open_in_time', s.open_in_time,
           'open_overdue', s.open_overdue, 'done_no_due', s.done_no_due, 'open_no_due', s.open_no_due,
           'suspended', s.suspended, 'not_met', s.not_met, 'total', s.total)::text AS row
FROM s JOIN giaoviec.unit u USING (unit_id)
WHERE $4 IS NULL OR (u.name_vi, u.unit_id) > ($4::json->>0, ($4::json->>1)::int)
ORDER BY u.name_vi, u.unit_id LIMIT $5
