-- Reports under an epoch that had passed: kept, changed nothing.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT json_build_array(e.id)::text AS key,
       json_build_object(
           'event', giaoviec.event_name(e.kind), 'what', giaoviec.entry_name(e.kind, e.entry_kind),
           'entry_kind', e.entry_kind, 'at', giaoviec.time_text(e.business_us), 'business_us', e.business_us,
           'signed', giaoviec.time_text(nullif(e.signed_us, 0)),
           'disposition', giaoviec.disposition_name(e.disposition), 'error', nullif(e.error, 0), 'text', e.text,
           'unit', u.code, 'unit_name', u.name_vi, 'actor', e.actor, 'assignment', giaoviec.hex(e.assignment),
           'epoch', e.epoch, 'task', t.number, 'notation', d.notation, 'item', e.item,
           'from', giaoviec.state_name(e.state_from), 'to', giaoviec.state_name(e.state_to),
           'person', e.person, 'narrative', e.narrative, 'progress', CASE WHEN e.progress > 0 THEN e.progress - 1 END,
           'report', e.report_n, 'act', giaoviec.hex(e.act_id), 'facts', e.facts - 'occurrences', 'holder', h.code)::text AS row
FROM giaoviec.ledger e LEFT JOIN giaoviec.unit u ON u.unit_id = e.unit_id LEFT JOIN giaoviec.task t ON t.task_id = e.task_id
LEFT JOIN giaoviec.directive d ON d.directive = coalesce(e.directive, t.directive)
LEFT JOIN LATERAL (SELECT v.code FROM giaoviec.assignment a JOIN giaoviec.unit v USING (unit_id)
                   WHERE a.assignment = e.assignment ORDER BY a.epoch DESC LIMIT 1) h ON true
WHERE e.disposition = 2
  AND ($2 IS NULL OR e.unit_id = ANY ($2) OR t.field = ANY ($3))
  AND ($1::jsonb->>'unit' IS NULL OR u.code = $1::jsonb->>'unit')
  AND ($1::jsonb->>'task' IS NULL OR t.number = $1::jsonb->>'task')
  AND ($1::jsonb->>'item' IS NULL OR e.item = ($1::jsonb->>'item')::int)
  AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')
  AND ($4 IS NULL OR e.id > ($4::json->>0)::bigint)
ORDER BY e.id LIMIT $5
