-- Plan and actual by task and indicator over the leads. Official: of approved results only.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
leads AS (
    SELECT a.unit_id, a.assignment, a.epoch, a.task_id
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id)
    WHERE giaoviec.outcome(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us) IS NOT NULL
      AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)),
found AS (
    SELECT i.task_id, i.code, count(l.unit_id) AS units, count(v.value) AS reported_units,
           count(v.code) FILTER (WHERE v.value IS NULL) AS unknown_units, count(v.approved_value) AS official_units,
           CASE i.aggregation WHEN 1 THEN sum(v.approved_value)
                ELSE (array_agg(v.approved_value ORDER BY v.approved_as_of DESC, v.approved_us DESC, v.unit_id)
                      FILTER (WHERE v.approved_value IS NOT NULL))[1] END AS official,
           max(v.approved_as_of) FILTER (WHERE v.approved_value IS NOT NULL) AS official_as_of,
           CASE i.aggregation WHEN 1 THEN sum(v.value)
                ELSE (array_agg(v.value ORDER BY v.as_of_day DESC, v.reported_us DESC, v.unit_id)
                      FILTER (WHERE v.value IS NOT NULL))[1] END AS reported,
           max(v.as_of_day) FILTER (WHERE v.value IS NOT NULL) AS reported_as_of
    FROM giaoviec.indicator i LEFT JOIN leads l USING (task_id)
    LEFT JOIN giaoviec.indicator_value v
        ON (v.unit_id, v.assignment, v.epoch, v.code) = (l.unit_id, l.assignment, l.epoch, i.code)
    GROUP BY i.task_id, i.code, i.aggregation)
SELECT json_build_array(d.approved_us, t.directive, t.place, i.place)::text AS key,
       json_build_object(
           'directive', giaoviec.hex(t.directive), 'notation', d.notation, 'item', t.item, 'task', t.number,
           'indicator', i.code, 'name', i.name, 'measure', i.measure,
           'direction', (ARRAY['UP', 'DOWN', 'RANGE'])[i.direction], 'aggregation', (ARRAY['SUM', 'LAST'])[i.aggregation],
           'target', giaoviec.decimal_text(i.target), 'target_high', giaoviec.decimal_text(i.target_high),
           'official', giaoviec.decimal_text(f.official), 'official_as_of', giaoviec.day_text(f.official_as_of),
           'official_percent', CASE WHEN i.target > 0 THEN giaoviec.decimal_text(round(100 * f.official / i.target, 1)) END,
           'reported', giaoviec.decimal_text(f.reported), 'reported_as_of', giaoviec.day_text(f.reported_as_of),
           'reported_percent', CASE WHEN i.target > 0 THEN giaoviec.decimal_text(round(100 * f.reported / i.target, 1)) END,
           'met', CASE WHEN i.target IS NULL OR f.official IS NULL THEN NULL
                       WHEN i.direction = 1 THEN f.official >= i.target
                       WHEN i.direction = 2 THEN f.official <= i.target
                       ELSE f.official BETWEEN i.target AND coalesce(i.target_high, i.target) END,
           'units', f.units, 'official_units', f.official_units, 'reported_units', f.reported_units,
           'unknown_units', f.unknown_units)::text AS row
FROM found f JOIN giaoviec.indicator i USING (task_id, code) JOIN giaoviec.task t USING (task_id)
JOIN giaoviec.directive d USING (directive)
WHERE ($2 IS NULL OR f.units > 0) AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
  AND ($4 IS NULL OR (d.approved_us, t.directive, t.place, i.place)
                    > (($4::json->>0)::bigint, ($4::json->>1)::uuid, ($4::json->>2)::int, ($4::json->>3)::int))
ORDER BY d.approved_us, t.directive, t.place, i.place LIMIT $5
