-- What must not be found. A row: name, how many, an example. Tables and columns as check says.
.mode tabs
CREATE TEMP VIEW report AS SELECT * FROM ledger WHERE n IS NOT NULL;
CREATE TEMP VIEW move AS SELECT assignment, epoch, min(id) AS id FROM ledger WHERE t IN (11, 12) GROUP BY assignment, epoch;
CREATE TEMP TABLE found (name, example);

INSERT INTO found SELECT 'lost', unit || ' ' || n FROM receipt r WHERE NOT EXISTS (SELECT 1 FROM report l WHERE l.unit = r.unit AND l.n = r.n);
INSERT INTO found SELECT 'forked-report', r.unit || ' ' || r.n FROM receipt r JOIN report l USING (unit, n) WHERE l.h <> r.h;
INSERT INTO found SELECT 'lost', unit || ' ' || n || ' told' FROM told t WHERE NOT EXISTS (SELECT 1 FROM report l WHERE l.unit = t.unit AND l.n = t.n);
INSERT INTO found SELECT 'forked-report', t.unit || ' ' || t.n || ' told' FROM told t JOIN report l USING (unit, n) WHERE l.h <> t.h;
INSERT INTO found SELECT 'forked-report', r.unit || ' ' || r.n FROM made r JOIN report l USING (unit, n) WHERE l.h <> r.h;
INSERT INTO found SELECT 'doubled', unit || ' ' || n FROM report GROUP BY unit, n HAVING count(*) > 1;
INSERT INTO found SELECT 'doubled-effect', unit || ' ' || assignment || ' ' || words FROM report
    WHERE disposition = 1 AND words IS NOT NULL GROUP BY unit, assignment, epoch, words HAVING count(*) > 1;
INSERT INTO found SELECT 'gap-report', unit || ' of ' || g.reports FROM log g LEFT JOIN report l USING (unit)
    GROUP BY unit HAVING count(DISTINCT l.n) <> g.reports OR coalesce(max(l.n), 0) <> g.reports;
INSERT INTO found SELECT 'head-report', g.unit FROM log g JOIN report l ON l.unit = g.unit AND l.n = g.reports WHERE l.h <> g.reports_h;
INSERT INTO found SELECT 'unknown-unit', unit FROM report WHERE unit NOT IN (SELECT unit FROM log);
INSERT INTO found SELECT 'order-of-reports', a.unit || ' ' || a.n FROM report a JOIN report b ON b.unit = a.unit AND b.n = a.n + 1 WHERE b.id < a.id;
INSERT INTO found SELECT 'unreceipted', unit || ' ' || n FROM made;

INSERT INTO found SELECT 'gap-order', unit || ' of ' || g.orders FROM log g LEFT JOIN "order" o USING (unit)
    GROUP BY unit HAVING count(DISTINCT o.n) <> g.orders OR coalesce(max(o.n), 0) <> g.orders;
INSERT INTO found SELECT 'doubled-order', unit || ' ' || n FROM "order" GROUP BY unit, n HAVING count(*) > 1;
INSERT INTO found SELECT 'order-twice', unit || ' ' || assignment || ' ' || epoch FROM "order"
    GROUP BY unit, assignment, epoch, h HAVING count(*) > 1;
INSERT INTO found SELECT 'head-order', g.unit FROM log g JOIN "order" o ON o.unit = g.unit AND o.n = g.orders WHERE o.h <> g.orders_h;
INSERT INTO found SELECT 'order-not-held', o.unit || ' ' || o.n FROM "order" o WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h.unit = o.unit AND h.n = o.n);
INSERT INTO found SELECT 'phantom-order', h.unit || ' ' || h.n FROM held h WHERE NOT EXISTS (SELECT 1 FROM "order" o WHERE h.unit = o.unit AND h.n = o.n);
INSERT INTO found SELECT 'forked-order', unit || ' ' || n FROM held h JOIN "order" o USING (unit, n) WHERE h.h <> o.h;
INSERT INTO found SELECT 'held-twice', unit || ' ' || n FROM held GROUP BY unit, n HAVING count(*) > 1;
INSERT INTO found SELECT 'acknowledged-unheld', g.unit FROM log g WHERE g.acked > (SELECT count(*) FROM held h WHERE h.unit = g.unit);
INSERT INTO found SELECT 'unacknowledged', unit FROM log WHERE acked <> orders;
INSERT INTO found SELECT 'no-order', r.unit || ' ' || r.assignment || ' ' || r.epoch FROM row r
    WHERE NOT EXISTS (SELECT 1 FROM "order" o WHERE o.unit = r.unit AND o.assignment = r.assignment AND o.epoch = r.epoch);

INSERT INTO found SELECT 'stale-applied', l.unit || ' ' || l.n || ' ' || l.assignment FROM report l JOIN move m USING (assignment, epoch)
    WHERE l.disposition = 1 AND l.id > m.id;
INSERT INTO found SELECT 'called-stale', l.unit || ' ' || l.n || ' ' || l.assignment FROM report l LEFT JOIN move m USING (assignment, epoch)
    WHERE l.disposition = 2 AND (m.id IS NULL OR m.id > l.id);
INSERT INTO found SELECT 'not-the-holder', l.unit || ' ' || l.assignment || ' ' || l.epoch FROM report l
    WHERE l.disposition = 1 AND l.assignment IS NOT NULL AND NOT EXISTS (SELECT 1 FROM row r
        WHERE r.unit = l.unit AND r.assignment = l.assignment AND r.epoch = l.epoch);
INSERT INTO found SELECT 'two-holders', assignment || ' ' || epoch FROM row GROUP BY assignment, epoch HAVING count(*) > 1;
INSERT INTO found SELECT 'two-open', assignment FROM row WHERE state NOT IN (11, 12) GROUP BY assignment HAVING count(*) > 1;
INSERT INTO found SELECT 'nobody', assignment FROM row GROUP BY assignment HAVING max(state NOT IN (11, 12) OR state = 12) = 0;
INSERT INTO found SELECT 'epoch-gap', assignment FROM row GROUP BY assignment HAVING min(epoch) <> 1 OR count(DISTINCT epoch) <> max(epoch);
INSERT INTO found SELECT 'half-a-move', r.assignment || ' ' || r.epoch FROM row r
    WHERE r.state = 11 AND NOT EXISTS (SELECT 1 FROM row s WHERE s.assignment = r.assignment AND s.epoch = r.epoch + 1 AND s.unit = r.to_unit);
INSERT INTO found SELECT 'state-differs', r.assignment || ' ' || r.epoch FROM row r
    WHERE r.state <> (SELECT l.t FROM ledger l WHERE l.unit = r.unit AND l.assignment = r.assignment AND l.epoch = r.epoch AND l.t IS NOT NULL ORDER BY l.id DESC LIMIT 1);
INSERT INTO found SELECT 'state-jumps', assignment || ' ' || epoch || ' at ' || id FROM (
    SELECT *, lag(t) OVER (PARTITION BY assignment, epoch ORDER BY id) AS before FROM ledger WHERE t IS NOT NULL AND assignment IS NOT NULL)
    WHERE before IS NOT NULL AND f IS NOT NULL AND f <> before;
INSERT INTO found SELECT 'old-words', r.unit || ' ' || r.assignment || ' ' || r.words || ' not ' || d.words FROM row r JOIN document d USING (unit)
    WHERE r.state IN (4, 5) AND r.words <> d.words;

INSERT INTO found SELECT 'act-lost', id FROM act WHERE outcome = 'done' AND id NOT IN (SELECT id FROM recorded);
INSERT INTO found SELECT 'act-doubled', id FROM recorded GROUP BY id HAVING count(*) > 1;
INSERT INTO found SELECT 'act-refused-and-recorded', id FROM act WHERE outcome = 'refused' AND id IN (SELECT id FROM recorded);
INSERT INTO found SELECT 'outcome-unheard-of', outcome FROM act WHERE outcome NOT IN ('done', 'refused', 'unknown');
INSERT INTO found SELECT 'accepted-alone', n FROM alone WHERE n <> 0;
INSERT INTO found SELECT 'recount', n FROM recount WHERE n <> 0;
INSERT INTO found SELECT 'history-lost', unit FROM "history-lost";
INSERT INTO found SELECT 'spoiled', what FROM spoiled;
INSERT INTO found SELECT 'unhealed', what FROM unhealed;
INSERT INTO found SELECT 'empty', 'no receipt at all' WHERE NOT EXISTS (SELECT 1 FROM receipt);
SELECT name, count(*), min(example) FROM found GROUP BY name ORDER BY name;
