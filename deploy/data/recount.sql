-- Recounts every figure of a summary from the ledger alone, as of the summary's snapshot, and prints each
-- difference; the last line is «chênh lệch: 0» when there is none. The rules are written out here once
-- more, on purpose: neither the rollups, nor the tables of assignments, periods, figures and attestations, nor
-- the functions that the summary uses are read. What tasks, indicators, clauses and units are comes from
-- their own tables.
--
--     psql CONNINFO -X -q -v file=DIR/summary.json [-v lang=en] -f DIR/recount.sql
--
-- file: summary.json beside which this file was written (default: in the working folder). Needs no more than the
-- role giaoviec_reader. Exit status: 0 no difference, 3 differences or an error.
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\pset pager off
\if :{?file}
\else
    \set file summary.json
\endif
\if :{?lang}
\else
    \set lang vi
\endif
\set summary `cat :'file'`

BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = 0; -- of ten million rows it takes minutes
SET LOCAL work_mem = '256MB';

WITH said AS MATERIALIZED (
    SELECT j, j->'head' AS head, (j->'head'->>'business_us')::bigint AS now_us,
           (j->'head'->>'snapshot')::pg_snapshot AS snapshot, (j->>'silent_after_days')::int AS silent_after
    FROM (SELECT :'summary'::jsonb AS j) s),

-- ---- the ledger as the summary saw it -------------------------------------------------------------
seen AS MATERIALIZED (
    SELECT l.* FROM giaoviec.ledger l, said, giaoviec.deployment d
    WHERE l.era < d.era OR pg_visible_in_snapshot(l.xid, said.snapshot)),
directives AS MATERIALIZED (
    SELECT d.directive, d.notation FROM giaoviec.directive d, said
    WHERE EXISTS (SELECT FROM jsonb_array_elements(said.head->'directives') x
                  WHERE x->>'directive' = replace(d.directive::text, '-', ''))),

-- ---- where every assignment of every holder stands: its last move --------------------------------
moves AS MATERIALIZED (
    SELECT s.*, s.unit_id || '/' || s.assignment || '/' || s.epoch AS held
    FROM seen s WHERE s.state_to IS NOT NULL AND s.assignment IS NOT NULL),
stand AS MATERIALIZED (
    SELECT DISTINCT ON (m.held) m.held, m.unit_id, m.assignment, m.epoch, m.directive, m.task_id, m.item, m.role,
           m.state_to AS state, m.due_us, m.submitted_us, m.submit_due_us, m.business_us AS moved_us
    FROM moves m ORDER BY m.held, m.era DESC, m.id DESC),
-- Lead assignments that are counted: neither draft (1) nor transferred (11) nor revoked (12).
leads AS MATERIALIZED (
    SELECT s.*, (s.submitted_us IS NOT NULL AND (s.submit_due_us IS NULL OR s.submitted_us <= s.submit_due_us)) AS in_time
    FROM stand s JOIN directives USING (directive)
    WHERE s.role = 1 AND s.state NOT IN (1, 11, 12)),
-- 7 completed, 10 suspended, 6 submitted: waiting for approval, within its due date it is not overdue.
cells AS MATERIALIZED (
    SELECT l.*, CASE
        WHEN l.state = 10 THEN 'suspended'
        WHEN l.state = 7 AND l.due_us IS NULL THEN 'done_no_due'
        WHEN l.state = 7 AND l.in_time THEN 'done_on_time'
        WHEN l.state = 7 THEN 'done_late'
        WHEN l.due_us IS NULL THEN 'open_no_due'
        WHEN said.now_us <= l.due_us OR (l.state = 6 AND l.in_time) THEN 'open_in_time'
        ELSE 'open_overdue' END AS cell
    FROM leads l, said),
names AS (
    SELECT unnest(ARRAY['done_on_time', 'done_late', 'open_in_time', 'open_overdue', 'done_no_due', 'open_no_due',
                        'suspended', 'not_met', 'total']) AS name),
tally AS MATERIALIZED (
    SELECT k.place, x.name, sum(x.n) AS n
    FROM (SELECT 'items/' || replace(directive::text, '-', '') || '/' || item AS place, cell, count(*) AS n,
                 count(*) FILTER (WHERE state = 9) AS not_met FROM cells GROUP BY directive, item, cell
          UNION ALL
          SELECT 'units/' || u.code, c.cell, count(*), count(*) FILTER (WHERE c.state = 9)
          FROM cells c JOIN giaoviec.unit u USING (unit_id) GROUP BY u.code, c.cell) k
    CROSS JOIN LATERAL (VALUES (k.cell, k.n), ('not_met', k.not_met), ('total', k.n)) x (name, n)
    GROUP BY k.place, x.name),
places AS (
    SELECT 'items/' || replace(t.directive::text, '-', '') || '/' || t.item AS place
    FROM giaoviec.task t JOIN directives USING (directive) GROUP BY t.directive, t.item
    UNION ALL
    SELECT 'units/' || u.code FROM giaoviec.unit u WHERE u.unit_id IN (SELECT unit_id FROM cells)),
counted AS (
    SELECT p.place || '/' || n.name AS figure, coalesce(t.n, 0)::text AS value
    FROM places p CROSS JOIN names n LEFT JOIN tally t ON (t.place, t.name) = (p.place, n.name)),

-- ---- reports that took effect --------------------------------------------------------------------
-- A report counts from its signing when that is at most four days before it was stored.
applied AS MATERIALIZED (
    SELECT s.id, s.unit_id, s.assignment, s.epoch, s.unit_id || '/' || s.assignment || '/' || s.epoch AS held,
           s.business_us, s.facts,
           CASE WHEN s.signed_us BETWEEN s.business_us - 345600000000 AND s.business_us THEN s.signed_us
                ELSE s.business_us END AS counts_us
    FROM seen s WHERE s.disposition = 1 AND s.facts IS NOT NULL AND s.assignment IS NOT NULL),
heard AS MATERIALIZED (
    SELECT s.unit_id, max(s.business_us) AS last_us FROM seen s
    WHERE s.unit_id IS NOT NULL AND (s.kind = 1 OR s.kind = 4 AND s.entry_kind = 12 AND s.disposition = 1)
    GROUP BY s.unit_id),

-- ---- how the work was taken up -------------------------------------------------------------------
head AS (
    SELECT 'head/' || x.name AS figure, x.value::text AS value
    FROM (SELECT count(DISTINCT unit_id) AS units, count(*) AS leads, count(*) FILTER (WHERE state >= 3) AS received,
                 count(*) FILTER (WHERE state = 2) AS not_received, count(*) FILTER (WHERE state = 3) AS not_accepted,
                 count(*) FILTER (WHERE state = 4) AS accepted, count(*) FILTER (WHERE state = 5) AS in_progress,
                 count(*) FILTER (WHERE state = 6) AS submitted, count(*) FILTER (WHERE state = 7) AS done,
                 count(*) FILTER (WHERE state = 8) AS returned, count(*) FILTER (WHERE state = 9) AS not_met,
                 count(*) FILTER (WHERE state = 10) AS suspended,
                 count(DISTINCT unit_id) FILTER (WHERE unit_id NOT IN (SELECT unit_id FROM heard)) AS not_reported
          FROM leads) c
    CROSS JOIN LATERAL (VALUES
        ('units', c.units), ('leads', c.leads), ('received', c.received), ('not_received', c.not_received),
        ('not_accepted', c.not_accepted), ('accepted', c.accepted), ('in_progress', c.in_progress),
        ('submitted', c.submitted), ('done', c.done), ('returned', c.returned), ('not_met', c.not_met),
        ('suspended', c.suspended), ('not_reported', c.not_reported)) x (name, value)
    UNION ALL
    SELECT 'head/rows', count(*)::text FROM seen),

-- ---- indicators: what was reported as of the newest day; official: what stood there at the approval -----
said_values AS MATERIALIZED (
    SELECT a.id, a.held, a.business_us, v->>'code' AS code, (v->>'value')::numeric AS value, (v->>'as_of')::int AS as_of, ord
    FROM applied a CROSS JOIN LATERAL jsonb_array_elements(a.facts->'values') WITH ORDINALITY x (v, ord)),
approvals AS (
    SELECT m.held, max(m.id) AS id, max(m.business_us) AS business_us FROM moves m WHERE m.state_to = 7 GROUP BY m.held),
reported AS (
    SELECT DISTINCT ON (held, code) * FROM said_values ORDER BY held, code, as_of DESC, id DESC, ord DESC),
official AS (
    SELECT DISTINCT ON (v.held, v.code) v.held, v.code, v.value, v.as_of, p.business_us
    FROM said_values v JOIN approvals p ON p.held = v.held AND v.id < p.id
    ORDER BY v.held, v.code, v.as_of DESC, v.id DESC, v.ord DESC),
indicators AS (
    SELECT i.task_id, i.code, i.place, i.target, i.target_high, i.direction, count(l.held) AS units,
           count(r.value) AS reported_units, count(r.code) FILTER (WHERE r.value IS NULL) AS unknown_units,
           count(o.value) AS official_units,
           CASE i.aggregation WHEN 1 THEN sum(r.value)
                ELSE (array_agg(r.value ORDER BY r.as_of DESC, r.business_us DESC, l.unit_id) FILTER (WHERE r.value IS NOT NULL))[1]
           END AS reported,
           CASE i.aggregation WHEN 1 THEN sum(o.value)
                ELSE (array_agg(o.value ORDER BY o.as_of DESC, o.business_us DESC, l.unit_id) FILTER (WHERE o.value IS NOT NULL))[1]
           END AS official
    FROM giaoviec.indicator i LEFT JOIN leads l USING (task_id)
    LEFT JOIN reported r ON (r.held, r.code) = (l.held, i.code) LEFT JOIN official o ON (o.held, o.code) = (l.held, i.code)
    GROUP BY i.task_id, i.code, i.place, i.target, i.target_high, i.direction, i.aggregation),
indicator_figures AS (
    SELECT 'indicators/' || replace(t.directive::text, '-', '') || '/' || t.number || '/' || i.code || '/' || x.name AS figure,
           x.value
    FROM indicators i JOIN giaoviec.task t USING (task_id) JOIN directives USING (directive)
    CROSS JOIN LATERAL (VALUES
        ('target', trim_scale(i.target)::text), ('target_high', trim_scale(i.target_high)::text),
        ('official', trim_scale(i.official)::text), ('reported', trim_scale(i.reported)::text),
        ('official_percent', CASE WHEN i.target > 0 THEN trim_scale(round(i.official * 100 / i.target, 1))::text END),
        ('reported_percent', CASE WHEN i.target > 0 THEN trim_scale(round(i.reported * 100 / i.target, 1))::text END),
        ('met', CASE WHEN i.direction = 1 THEN i.official >= i.target WHEN i.direction = 2 THEN i.official <= i.target
                ELSE i.official >= i.target AND i.official <= coalesce(i.target_high, i.target) END::text),
        ('units', i.units::text), ('official_units', i.official_units::text),
        ('reported_units', i.reported_units::text), ('unknown_units', i.unknown_units::text)) x (name, value)),

-- ---- periods: planned when the assignment was made; of an ended one those due before its end;
-- the first report of a period stays ------------------------------------------------------------------
planned AS (
    SELECT m.held, (o->>0)::int AS first_day, ((o->>2)::bigint + 1) * 86400000000 - 25200000000 AS due_us
    FROM moves m CROSS JOIN LATERAL jsonb_array_elements(m.facts->'occurrences') o),
kept AS (
    SELECT DISTINCT ON (a.held, d.day) a.held, d.day::int AS first_day, a.counts_us AS done_us
    FROM applied a CROSS JOIN LATERAL jsonb_array_elements_text(a.facts->'periods') d (day) ORDER BY a.held, d.day, a.id),
periods AS MATERIALIZED (
    SELECT s.task_id, s.unit_id, CASE WHEN k.done_us <= p.due_us THEN 'on_time' WHEN k.done_us IS NOT NULL THEN 'late'
                                      WHEN said.now_us > p.due_us THEN 'missed' ELSE 'pending' END AS class
    FROM said, planned p JOIN stand s USING (held) JOIN directives USING (directive) LEFT JOIN kept k USING (held, first_day)
    WHERE s.state NOT IN (7, 9, 11, 12) OR p.due_us <= s.moved_us),
period_figures AS (
    SELECT g.place || '/' || x.name AS figure, x.n::text AS value
    FROM (SELECT 'periods/task/' || replace(t.directive::text, '-', '') || '/' || t.number AS place,
                 count(*) FILTER (WHERE class = 'on_time') AS on_time, count(*) FILTER (WHERE class = 'late') AS late,
                 count(*) FILTER (WHERE class = 'missed') AS missed, count(*) FILTER (WHERE class = 'pending') AS pending
          FROM periods JOIN giaoviec.task t USING (task_id) GROUP BY t.directive, t.number
          UNION ALL
          SELECT 'periods/unit/' || u.code,
                 count(*) FILTER (WHERE class = 'on_time'), count(*) FILTER (WHERE class = 'late'),
                 count(*) FILTER (WHERE class = 'missed'), count(*) FILTER (WHERE class = 'pending')
          FROM periods JOIN giaoviec.unit u USING (unit_id) GROUP BY u.code) g
    CROSS JOIN LATERAL (VALUES ('on_time', g.on_time), ('late', g.late), ('missed', g.missed), ('pending', g.pending)) x (name, n)),

-- ---- attestations: the last word on each clause --------------------------------------------------
attested AS (
    SELECT DISTINCT ON (a.held, clause) a.held, (a.facts->'attest'->>'clause')::int AS clause,
           (a.facts->'attest'->>'compliant')::bool AS compliant, (a.facts->'attest'->>'exceptions')::int AS exceptions,
           (a.facts->'attest'->>'permits')::int AS permits, (a.facts->'attest'->>'breaches')::int AS breaches, a.counts_us
    FROM applied a WHERE a.facts ? 'attest' ORDER BY a.held, clause, a.id DESC),
owed AS MATERIALIZED (
    SELECT 'attestations/' || replace(t.directive::text, '-', '') || '/' || t.number || '/' || k.clause AS place, u.code,
           (k.due_day::bigint + 1) * 86400000000 - 25200000000 AS due_us, n.clause IS NOT NULL AS attested, n.compliant,
           n.exceptions, n.permits, n.breaches, n.counts_us
    FROM leads l JOIN giaoviec.clause k USING (task_id) JOIN giaoviec.task t USING (task_id)
    JOIN giaoviec.unit u ON u.unit_id = l.unit_id LEFT JOIN attested n ON (n.held, n.clause) = (l.held, k.clause)),
attestation_figures AS (
    SELECT g.place || '/' || x.name AS figure, x.n::text AS value
    FROM (SELECT o.place, count(*) AS units, count(*) FILTER (WHERE compliant) AS compliant,
                 count(*) FILTER (WHERE NOT compliant) AS not_compliant,
                 count(*) FILTER (WHERE attested AND counts_us > due_us) AS late,
                 count(*) FILTER (WHERE NOT attested AND said.now_us > due_us) AS missing,
                 count(*) FILTER (WHERE NOT attested AND said.now_us <= due_us) AS pending,
                 coalesce(sum(exceptions), 0) AS exceptions, coalesce(sum(permits), 0) AS permits,
                 coalesce(sum(breaches), 0) AS breaches
          FROM owed o, said GROUP BY o.place) g
    CROSS JOIN LATERAL (VALUES
        ('units', g.units), ('compliant', g.compliant), ('not_compliant', g.not_compliant), ('late', g.late),
        ('missing', g.missing), ('pending', g.pending), ('exceptions', g.exceptions), ('permits', g.permits),
        ('breaches', g.breaches)) x (name, n)
    UNION ALL
    SELECT o.place || '/unit/' || o.code || '/' || x.name, x.value
    FROM owed o CROSS JOIN LATERAL (VALUES
        ('compliant', o.compliant::text), ('exceptions', o.exceptions::text), ('permits', o.permits::text),
        ('breaches', o.breaches::text)) x (name, value)
    WHERE o.attested AND (NOT o.compliant OR o.breaches > 0)),

-- ---- overdue, ended as not met, silent -----------------------------------------------------------
late_figures AS (
    SELECT 'overdue/' || replace(c.assignment::text, '-', '') || '/' || u.code || '/days' AS figure,
           ceil((said.now_us - c.due_us) / 86400000000::numeric)::int::text AS value
    FROM cells c JOIN giaoviec.unit u USING (unit_id), said WHERE c.cell = 'open_overdue'
    UNION ALL
    SELECT 'not_met/' || replace(c.assignment::text, '-', '') || '/' || u.code, 'NOT_MET'
    FROM cells c JOIN giaoviec.unit u USING (unit_id) WHERE c.state = 9),
begun AS (
    SELECT unit_id, min(business_us) AS first_us FROM moves GROUP BY unit_id),
silent AS (
    SELECT u.code, o.n, h.last_us IS NULL AS never,
           floor((said.now_us - coalesce(h.last_us, b.first_us)) / 86400000000::numeric)::int AS days
    FROM said, (SELECT unit_id, count(*) AS n FROM leads WHERE state NOT IN (7, 9) GROUP BY unit_id) o
    JOIN giaoviec.unit u USING (unit_id) LEFT JOIN heard h USING (unit_id) LEFT JOIN begun b USING (unit_id)),
silent_figures AS (
    SELECT 'silent/' || s.code || '/' || x.name AS figure, x.value
    FROM silent s, said
    CROSS JOIN LATERAL (VALUES ('days', s.days::text), ('open', s.n::text), ('never', s.never::text)) x (name, value)
    WHERE s.days >= said.silent_after),

recount AS (
    SELECT * FROM counted UNION ALL SELECT * FROM head UNION ALL SELECT * FROM indicator_figures
    UNION ALL SELECT * FROM period_figures UNION ALL SELECT * FROM attestation_figures
    UNION ALL SELECT * FROM late_figures UNION ALL SELECT * FROM silent_figures),

-- ---- the same figures as the summary has them ----------------------------------------------------
summary AS (
    SELECT p.place || '/' || f.key AS figure, f.value
    FROM said
    CROSS JOIN LATERAL (
        SELECT 'head' AS place, said.head AS r, ARRAY['units', 'leads', 'received', 'not_received', 'not_accepted', 'accepted',
               'in_progress', 'submitted', 'done', 'returned', 'not_met', 'suspended', 'not_reported', 'rows'] AS keys
        UNION ALL
        SELECT 'items/' || (r->>'directive') || '/' || (r->>'item'), r, (SELECT array_agg(name) FROM names)
        FROM jsonb_array_elements(said.j->'items') r
        UNION ALL
        SELECT 'units/' || (r->>'unit'), r, (SELECT array_agg(name) FROM names)
        FROM jsonb_array_elements(said.j->'units') r
        UNION ALL
        SELECT 'indicators/' || (r->>'directive') || '/' || (r->>'task') || '/' || (r->>'indicator'), r,
               ARRAY['target', 'target_high', 'official', 'reported', 'official_percent', 'reported_percent', 'met', 'units',
                     'official_units', 'reported_units', 'unknown_units']
        FROM jsonb_array_elements(said.j->'indicators') r
        UNION ALL
        SELECT 'periods/' || CASE r->>'by' WHEN 'task' THEN 'task/' || (r->>'directive') || '/' || (r->>'task')
                                           ELSE 'unit/' || (r->>'unit') END, r,
               ARRAY['on_time', 'late', 'missed', 'pending']
        FROM jsonb_array_elements(said.j->'periods') r
        UNION ALL
        SELECT 'attestations/' || (r->>'directive') || '/' || (r->>'task') || '/' || (r->>'clause')
               || CASE r->>'by' WHEN 'unit' THEN '/unit/' || (r->>'unit') ELSE '' END, r,
               CASE r->>'by' WHEN 'unit' THEN ARRAY['compliant', 'exceptions', 'permits', 'breaches']
                    ELSE ARRAY['units', 'compliant', 'not_compliant', 'late', 'missing', 'pending', 'exceptions', 'permits',
                               'breaches'] END
        FROM jsonb_array_elements(said.j->'attestations') r
        UNION ALL
        SELECT 'overdue/' || (r->>'assignment') || '/' || (r->>'unit'), r, ARRAY['days']
        FROM jsonb_array_elements(said.j->'overdue') r
        UNION ALL
        SELECT 'silent/' || (r->>'unit'), r, ARRAY['days', 'open', 'never'] FROM jsonb_array_elements(said.j->'silent') r) p
    CROSS JOIN LATERAL (SELECT k AS key, p.r->>k AS value FROM unnest(p.keys) k) f
    UNION ALL
    SELECT 'not_met/' || (r->>'assignment') || '/' || (r->>'unit'), r->>'state'
    FROM said CROSS JOIN LATERAL jsonb_array_elements(said.j->'not_met') r),

compared AS (
    SELECT coalesce(s.figure, r.figure) AS figure, s.value AS said_value, r.value AS recounted,
           s.figure IS NULL OR r.figure IS NULL OR s.value IS DISTINCT FROM r.value AS differs
    FROM summary s FULL JOIN recount r ON r.figure = s.figure),
whole AS (
    SELECT coalesce((head->>'complete')::bool, false) AS complete FROM said)
SELECT count(*) AS figures, count(*) FILTER (WHERE differs) + CASE WHEN whole.complete THEN 0 ELSE 1 END AS differences,
       coalesce(string_agg(format(CASE :'lang' WHEN 'en' THEN '%s: summary %s, ledger %s' ELSE '%s: báo cáo %s, sổ gốc %s' END,
                                  figure, coalesce(said_value, '-'), coalesce(recounted, '-')), E'\n' ORDER BY figure)
                FILTER (WHERE differs), '')
       || CASE WHEN whole.complete THEN ''
               WHEN :'lang' = 'en' THEN E'\nthe summary covers a part only: it was made for a reader who may not see everything'
               ELSE E'\nbáo cáo chỉ gồm một phần: người lập không được xem toàn bộ' END AS listed
FROM whole LEFT JOIN compared ON true GROUP BY whole.complete
\gset
COMMIT;

SELECT :'lang' = 'en' AS english, :differences <> 0 AS differs, :'listed' <> '' AS any_listed \gset
\if :any_listed
    \echo :listed
\endif
\if :english
    \echo 'figures compared:' :figures
    \echo 'difference:' :differences
\else
    \echo 'số liệu đã so:' :figures
    \echo 'chênh lệch:' :differences
\endif
\if :differs
    DO $$ BEGIN RAISE EXCEPTION 'recount: the summary and the ledger differ'; END $$;
\endif
