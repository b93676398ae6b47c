-- Occurrences of the reporting calendars: by task, then by unit.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
periods AS (
    SELECT a.task_id, a.unit_id, giaoviec.period_class(o.due_day, o.done_us, a.state, a.ended_us, $6) AS class
    FROM giaoviec.occurrence o JOIN giaoviec.assignment a USING (unit_id, assignment, epoch)
    JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d ON d.directive = a.directive
    WHERE giaoviec.in_scope(a.unit_id, t.field, $2, $3)
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')),
counted AS (
    SELECT task_id, unit_id, count(*) FILTER (WHERE class = 0) AS on_time, count(*) FILTER (WHERE class = 1) AS late,
           count(*) FILTER (WHERE class = 2) AS missed, count(*) FILTER (WHERE class = 3) AS pending
    FROM periods WHERE class IS NOT NULL GROUP BY GROUPING SETS ((task_id), (unit_id))),
lines AS (
    SELECT 1 AS part, row_number() OVER (ORDER BY d.approved_us, t.directive, t.place) AS place,
           json_build_object('by', 'task', 'directive', giaoviec.hex(t.directive), 'notation', d.notation, 'item', t.item,
               'task', t.number, 'words', t.words, 'cadence', giaoviec.cadence_name(t.cadence), 'on_time', c.on_time,
               'late', c.late, 'missed', c.missed, 'pending', c.pending) AS row
    FROM counted c JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d USING (directive)
    UNION ALL
    SELECT 2, row_number() OVER (ORDER BY u.name_vi, u.unit_id),
           json_build_object('by', 'unit', 'unit', u.code, 'name', u.name_vi, 'on_time', c.on_time, 'late', c.late,
               'missed', c.missed, 'pending', c.pending)
    FROM counted c JOIN giaoviec.unit u USING (unit_id))
SELECT json_build_array(part, place)::text AS key, row::text AS row
FROM lines
WHERE $4 IS NULL OR (part, place) > (($4::json->>0)::int, ($4::json->>1)::bigint)
ORDER BY part, place LIMIT $5
