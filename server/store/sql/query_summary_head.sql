-- When and over what the summary is made, how the work was taken up, who has not reported.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
leads AS (
    SELECT a.unit_id, a.state, a.assignment, a.issued_us
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d ON d.directive = a.directive
    WHERE giaoviec.outcome(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us) IS NOT NULL
      AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')),
counts AS (
    SELECT count(*) AS leads, count(DISTINCT unit_id) AS units, count(*) FILTER (WHERE state >= 3) AS received,
           count(*) FILTER (WHERE state = 2) AS not_received, count(*) FILTER (WHERE state = 3) AS not_accepted,
           count(*) FILTER (WHERE state = 4) AS accepted, count(*) FILTER (WHERE state = 5) AS in_progress,
           count(*) FILTER (WHERE state = 6) AS submitted, count(*) FILTER (WHERE state = 7) AS done,
           count(*) FILTER (WHERE state = 8) AS returned, count(*) FILTER (WHERE state = 9) AS not_met,
           count(*) FILTER (WHERE state = 10) AS suspended
    FROM leads),
unheard AS (
    SELECT u.code, u.name_vi FROM (SELECT DISTINCT unit_id FROM leads) x JOIN giaoviec.unit u USING (unit_id)
    LEFT JOIN giaoviec.unit_log l USING (unit_id)
    WHERE coalesce(l.last_report_us, 0) = 0
      AND NOT (u.body AND EXISTS (SELECT FROM giaoviec.assignment a
                                  WHERE a.unit_id = u.unit_id AND a.last_report_us IS NOT NULL))),
seals AS (
    SELECT coalesce(max(s.first_position + s.n) - 1, 0) AS position
    FROM (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s),
unsealed AS (
    SELECT count(*) AS n FROM giaoviec.ledger
    WHERE (era, xid) > (SELECT coalesce(max(s.era), 0), coalesce(max(s.xid_to), '0'::xid8)
                        FROM (SELECT * FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) s))
SELECT '' AS key,
       json_build_object(
           'business_us', $6, 'at', giaoviec.time_text($6), 'demonstration', dep.demonstration, 'stepped', dep.stepped,
           'deployment', giaoviec.hex(dep.id), 'complete', $2 IS NULL, 'snapshot', pg_current_snapshot()::text, 'position', seals.position,
           'rows', seals.position + unsealed.n,
           'directives', (SELECT coalesce(json_agg(json_build_object(
                              'directive', giaoviec.hex(d.directive), 'notation', d.notation, 'abstract', d.abstract,
                              'tasks', (SELECT count(*) FROM giaoviec.task t WHERE t.directive = d.directive))
                              ORDER BY d.approved_us, d.directive), '[]'::json)
                          FROM giaoviec.directive d
                          WHERE giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')),
           'units', c.units, 'leads', c.leads, 'received', c.received, 'not_received', c.not_received,
           'not_accepted', c.not_accepted, 'accepted', c.accepted, 'in_progress', c.in_progress,
           'submitted', c.submitted, 'done', c.done, 'returned', c.returned, 'not_met', c.not_met,
           'suspended', c.suspended, 'not_reported', (SELECT count(*) FROM unheard),
           'not_reported_units', (SELECT coalesce(json_agg(json_build_object('unit', code, 'name', name_vi)), '[]'::json)
                                  FROM (SELECT * FROM unheard ORDER BY name_vi, code LIMIT 500) n))::text AS row
FROM giaoviec.deployment dep, counts c, seals, unsealed
