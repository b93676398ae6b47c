-- Attestations by clause; then each unit that reported a breach or did not comply.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us),
owed AS (
    SELECT a.unit_id, a.assignment, k.task_id, k.clause, k.due_day, n.compliant, n.exceptions, n.permits, n.breaches,
           n.person, n.attested_us, n.clause IS NOT NULL AS said
    FROM giaoviec.assignment a JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d ON d.directive = a.directive
    JOIN giaoviec.clause k USING (task_id)
    LEFT JOIN giaoviec.attestation n
        ON (n.unit_id, n.assignment, n.epoch, n.clause) = (a.unit_id, a.assignment, a.epoch, k.clause)
    WHERE giaoviec.outcome(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us) IS NOT NULL
      AND giaoviec.in_scope(a.unit_id, t.field, $2, $3)
      AND giaoviec.directive_is(d.directive, d.notation, $1::jsonb->>'directive')),
clauses AS (
    SELECT task_id, clause, count(*) AS units, count(*) FILTER (WHERE compliant) AS compliant,
           count(*) FILTER (WHERE NOT compliant) AS not_compliant,
           count(*) FILTER (WHERE said AND attested_us > giaoviec.day_end_us(due_day)) AS late,
           count(*) FILTER (WHERE NOT said AND $6 > giaoviec.day_end_us(due_day)) AS missing,
           count(*) FILTER (WHERE NOT said AND $6 <= giaoviec.day_end_us(due_day)) AS pending,
           coalesce(sum(exceptions), 0) AS exceptions, coalesce(sum(permits), 0) AS permits,
           coalesce(sum(breaches), 0) AS breaches
    FROM owed GROUP BY task_id, clause),
lines AS (
    SELECT 1 AS part, row_number() OVER (ORDER BY d.approved_us, t.directive, t.place, c.clause) AS place,
           json_build_object('by', 'clause', 'directive', giaoviec.hex(t.directive), 'notation', d.notation,
               'item', t.item, 'task', t.number, 'clause', c.clause, 'words', k.words, 'from', giaoviec.day_text(k.from_day),
               'to', giaoviec.day_text(k.to_day), 'due', giaoviec.day_text(k.due_day), 'units', c.units,
               'compliant', c.compliant, 'not_compliant', c.not_compliant, 'late', c.late, 'missing', c.missing,
               'pending', c.pending, 'exceptions', c.exceptions, 'permits', c.permits, 'breaches', c.breaches) AS row
    FROM clauses c JOIN giaoviec.clause k USING (task_id, clause) JOIN giaoviec.task t USING (task_id)
    JOIN giaoviec.directive d USING (directive)
    UNION ALL
    SELECT 2, row_number() OVER (ORDER BY d.approved_us, t.directive, t.place, o.clause, u.code),
           json_build_object('by', 'unit', 'directive', giaoviec.hex(t.directive), 'notation', d.notation,
               'item', t.item, 'task', t.number, 'clause', o.clause, 'unit', u.code, 'name', u.name_vi,
               'person', o.person, 'compliant', o.compliant, 'exceptions', o.exceptions, 'permits', o.permits,
               'breaches', o.breaches, 'attested', giaoviec.time_text(o.attested_us))
    FROM owed o JOIN giaoviec.task t USING (task_id) JOIN giaoviec.directive d USING (directive)
    JOIN giaoviec.unit u USING (unit_id)
    WHERE o.said AND (NOT o.compliant OR o.breaches > 0))
SELECT json_build_array(part, place)::text AS key, row::text AS row
FROM lines
WHERE $4 IS NULL OR (part, place) > (($4::json->>0)::int, ($4::json->>1)::bigint)
ORDER BY part, place LIMIT $5
