-- The ledger by sealed position, from the position after $4 on. A row without row: how far was looked.
-- Seals before the one that holds that position are not read: however many there are, a question costs the same.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
start AS (
    SELECT coalesce($4::bigint, 0) AS after, CASE WHEN $2 IS NULL AND $1 = '{}' THEN $5 ELSE 2000 END AS n,
           (SELECT coalesce(max(b.first_position), 0) FROM giaoviec.seal b
            WHERE b.first_position <= coalesce($4::bigint, 0) + 1) AS seal),
seals AS (
    SELECT s.* FROM giaoviec.seal s, start
    WHERE s.first_position >= start.seal AND s.first_position <= start.after + start.n
      AND s.first_position + s.n > start.after + 1),
looked AS (
    SELECT r.* FROM seals s, start
    CROSS JOIN LATERAL (
        SELECT l.era, l.xid, l.id, s.first_position - 1 + row_number() OVER (ORDER BY l.xid, l.id) AS position
        FROM giaoviec.ledger l WHERE l.era = s.era AND l.xid BETWEEN s.xid_from AND s.xid_to) r
    WHERE r.position > start.after AND r.position <= start.after + start.n)
SELECT k.position::text AS key,
       (SELECT json_build_object('position', k.position,
           'event', giaoviec.event_name(e.kind), 'what', giaoviec.entry_name(e.kind, e.entry_kind),
           'entry_kind', e.entry_kind, 'at', giaoviec.time_text(e.business_us), 'business_us', e.business_us,
           'signed', giaoviec.time_text(nullif(e.signed_us, 0)),
           'disposition', giaoviec.disposition_name(e.disposition), 'error', nullif(e.error, 0), 'text', e.text,
           'unit', u.code, 'unit_name', u.name_vi, 'actor', e.actor, 'assignment', giaoviec.hex(e.assignment),
           'epoch', e.epoch, 'task', t.number, 'notation', d.notation, 'item', e.item,
           'from', giaoviec.state_name(e.state_from), 'to', giaoviec.state_name(e.state_to),
           'person', e.person, 'narrative', e.narrative, 'progress', CASE WHEN e.progress > 0 THEN e.progress - 1 END,
           'report', e.report_n, 'act', giaoviec.hex(e.act_id), 'facts', e.facts - 'occurrences')::text
        FROM giaoviec.ledger e LEFT JOIN giaoviec.unit u ON u.unit_id = e.unit_id LEFT JOIN giaoviec.task t ON t.task_id = e.task_id
LEFT JOIN giaoviec.directive d ON d.directive = coalesce(e.directive, t.directive)
        WHERE (e.era, e.xid, e.id) = (k.era, k.xid, k.id)
          AND ($2 IS NULL OR e.unit_id = ANY ($2) OR t.field = ANY ($3))
          AND ($1::jsonb->>'unit' IS NULL OR u.code = $1::jsonb->>'unit')
          AND ($1::jsonb->>'item' IS NULL OR e.item = ($1::jsonb->>'item')::int)
          AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')) AS row
FROM looked k ORDER BY k.position
