-- One assignment: every holder, what happened, its periods, figures and attestations, section by section.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
mine AS (
    SELECT a.*, t.field FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id)
    WHERE a.assignment BETWEEN rpad($1::jsonb->>'assignment', 32, '0')::uuid AND rpad($1::jsonb->>'assignment', 32, 'f')::uuid
      AND length($1::jsonb->>'assignment') >= 8
      AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)),
applied AS MATERIALIZED (
    SELECT l.unit_id, l.report_n FROM (SELECT DISTINCT unit_id, assignment FROM mine) m
    JOIN giaoviec.ledger l ON l.unit_id = m.unit_id AND l.assignment = m.assignment
    WHERE l.report_n IS NOT NULL AND l.disposition = 1),
events AS (
    SELECT l.* FROM giaoviec.ledger l
    WHERE l.assignment IN (SELECT assignment FROM mine) AND (l.report_n IS NULL OR l.disposition <> 1)
    UNION ALL
    SELECT l.* FROM applied a JOIN giaoviec.ledger l ON l.unit_id = a.unit_id AND l.report_n = a.report_n),
parts AS (
    SELECT 1 AS section, a.epoch::bigint AS x, a.assignment::text AS y, json_build_object('section', 'holder',
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
           'from_unit', f.code, 'from_epoch', a.from_epoch, 'to_unit', g.code) AS row
    FROM mine m JOIN giaoviec.assignment a ON (a.unit_id, a.assignment, a.epoch) = (m.unit_id, m.assignment, m.epoch)
    JOIN giaoviec.unit u ON u.unit_id = a.unit_id JOIN giaoviec.task t ON t.task_id = a.task_id
    JOIN giaoviec.directive d ON d.directive = a.directive
    LEFT JOIN giaoviec.unit f ON f.unit_id = nullif(a.from_unit, 0) LEFT JOIN giaoviec.unit g ON g.unit_id = nullif(a.to_unit, 0)
    CROSS JOIN LATERAL (
    SELECT giaoviec.cell_of(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us, $6) AS cell) c
    UNION ALL
    SELECT 2, e.id, '', json_build_object('section', 'event',
           'event', giaoviec.event_name(e.kind), 'what', giaoviec.entry_name(e.kind, e.entry_kind),
           'entry_kind', e.entry_kind, 'at', giaoviec.time_text(e.business_us), 'business_us', e.business_us,
           'signed', giaoviec.time_text(nullif(e.signed_us, 0)),
           'disposition', giaoviec.disposition_name(e.disposition), 'error', nullif(e.error, 0), 'text', e.text,
           'unit', u.code, 'unit_name', u.name_vi, 'actor', e.actor, 'assignment', giaoviec.hex(e.assignment),
           'epoch', e.epoch, 'task', t.number, 'notation', d.notation, 'item', e.item,
           'from', giaoviec.state_name(e.state_from), 'to', giaoviec.state_name(e.state_to),
           'person', e.person, 'narrative', e.narrative, 'progress', CASE WHEN e.progress > 0 THEN e.progress - 1 END,
           'report', e.report_n, 'act', giaoviec.hex(e.act_id), 'facts', e.facts - 'occurrences')
    FROM events e LEFT JOIN giaoviec.unit u ON u.unit_id = e.unit_id LEFT JOIN giaoviec.task t ON t.task_id = e.task_id
LEFT JOIN giaoviec.directive d ON d.directive = coalesce(e.directive, t.directive)
    WHERE ($2 IS NULL OR e.unit_id = ANY ($2) OR t.field = ANY ($3))
    UNION ALL
    SELECT 3, o.first_day, o.epoch::text, json_build_object('section', 'period', 'epoch', o.epoch, 'unit', u.code,
           'first', giaoviec.day_text(o.first_day), 'last', giaoviec.day_text(o.last_day), 'due', giaoviec.day_text(o.due_day),
           'done', giaoviec.time_text(o.done_us),
           'class', (ARRAY['ON_TIME', 'LATE', 'MISSED', 'PENDING'])[
               giaoviec.period_class(o.due_day, o.done_us, m.state, m.ended_us, $6) + 1])
    FROM mine m JOIN giaoviec.occurrence o USING (unit_id, assignment, epoch) JOIN giaoviec.unit u USING (unit_id)
    UNION ALL
    SELECT 4, v.epoch, v.code, json_build_object('section', 'value', 'epoch', v.epoch, 'unit', u.code, 'code', v.code,
           'value', giaoviec.decimal_text(v.value), 'known', v.value IS NOT NULL, 'as_of', giaoviec.day_text(v.as_of_day),
           'reported', giaoviec.time_text(v.reported_us), 'official', giaoviec.decimal_text(v.approved_value),
           'official_as_of', giaoviec.day_text(v.approved_as_of), 'approved', giaoviec.time_text(v.approved_us))
    FROM mine m JOIN giaoviec.indicator_value v USING (unit_id, assignment, epoch) JOIN giaoviec.unit u USING (unit_id)
    UNION ALL
    SELECT 5, n.clause, n.epoch::text, json_build_object('section', 'attestation', 'epoch', n.epoch, 'unit', u.code,
           'clause', n.clause, 'compliant', n.compliant, 'exceptions', n.exceptions, 'permits', n.permits,
           'breaches', n.breaches, 'person', n.person, 'attested', giaoviec.time_text(n.attested_us))
    FROM mine m JOIN giaoviec.attestation n USING (unit_id, assignment, epoch) JOIN giaoviec.unit u USING (unit_id))
SELECT json_build_array(section, x, y)::text AS key, row::text AS row
FROM parts
WHERE $4 IS NULL OR (section, x, y COLLATE "C") > (($4::json->>0)::int, ($4::json->>1)::bigint, $4::json->>2)
ORDER BY section, x, y COLLATE "C" LIMIT $5
