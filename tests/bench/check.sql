-- Do database, ledger and receipts agree? One line for each thing that does not; nothing when all is well.
--     psql CONNINFO -v receipts=FILE -f check.sql        FILE: unit, number, hash of each unit's newest receipt
\set ON_ERROR_STOP on
CREATE TEMP TABLE receipt (code text PRIMARY KEY, n bigint NOT NULL, h text NOT NULL);
\set load '\\copy receipt FROM ' :'receipts'
:load
CREATE TEMP TABLE report AS
SELECT unit_id, count(*) AS rows, count(DISTINCT report_n) AS numbers, min(report_n) AS first, max(report_n) AS last
FROM giaoviec.ledger WHERE report_n IS NOT NULL GROUP BY unit_id;

-- C1: what was receipted is stored, with the same running hash.
SELECT 'receipted and not stored: ' || r.code || ' ' || r.n
FROM receipt r LEFT JOIN giaoviec.unit u USING (code)
LEFT JOIN giaoviec.ledger l ON l.unit_id = u.unit_id AND l.report_n = r.n
WHERE l.report_h IS NULL OR encode(l.report_h, 'hex') <> r.h;
SELECT 'no receipts at all' WHERE NOT EXISTS (SELECT FROM receipt);

-- C2: each number once, none left out, the log's head where the ledger ends, and its effect on the assignment.
SELECT 'not exactly once: unit ' || unit_id FROM report WHERE rows <> numbers OR first <> 1 OR last <> numbers;
SELECT 'head differs: ' || u.code
FROM giaoviec.unit_log g JOIN giaoviec.unit u USING (unit_id) LEFT JOIN report r USING (unit_id)
LEFT JOIN giaoviec.ledger l ON l.unit_id = g.unit_id AND l.report_n = g.report_n
WHERE g.report_n <> coalesce(r.last, 0) OR (g.report_n > 0 AND l.report_h <> g.report_h);
SELECT 'no evidence: unit ' || r.unit_id
FROM report r LEFT JOIN (SELECT unit_id, sum(last_n - first_n + 1) AS n FROM giaoviec.evidence WHERE kind = 0 GROUP BY unit_id) e
    USING (unit_id) WHERE e.n IS DISTINCT FROM r.numbers;
SELECT 'not applied: ' || count(*) FROM giaoviec.ledger WHERE report_n IS NOT NULL AND disposition <> 1 HAVING count(*) > 0;
SELECT 'effect differs: unit ' || a.unit_id
FROM report r JOIN giaoviec.ledger l ON l.unit_id = r.unit_id AND l.report_n = r.last
JOIN giaoviec.assignment a ON a.unit_id = l.unit_id AND a.assignment = l.assignment AND a.epoch = l.epoch
WHERE a.state <> l.state_to OR (l.entry_kind = 3 AND (a.progress <> l.progress OR a.narrative <> l.narrative));
