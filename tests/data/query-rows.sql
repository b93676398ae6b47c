-- Invented rows for the tests of the queries and of the recount: a demonstration at 2024-03-01 00:00 +07:00 in which
-- every cell is filled, periods are kept, late, missed and pending, a clause is broken, a report comes too late.
-- What follows from an event is written into the tables by t.event(), as the store does.
CREATE SCHEMA t;
CREATE FUNCTION t.us(at text) RETURNS bigint LANGUAGE sql AS $$
    SELECT (extract(epoch FROM (at || '+07')::timestamptz) * 1000000)::bigint $$;
CREATE FUNCTION t.day(at text) RETURNS int LANGUAGE sql AS $$ SELECT at::date - '1970-01-01'::date $$;
CREATE FUNCTION t.id(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT (md5('row ' || n))::uuid $$;
CREATE FUNCTION t.unit(c text) RETURNS int LANGUAGE sql AS $$ SELECT unit_id FROM giaoviec.unit WHERE code = c $$;
CREATE FUNCTION t.count(a giaoviec.assignment, n int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO giaoviec.rollup AS r
    SELECT a.unit_id, a.directive, a.item, o, coalesce(a.due_us, 0), n
    FROM giaoviec.outcome(a.role, a.state, a.due_us, a.submitted_us, a.submit_due_us) o WHERE o IS NOT NULL
    ON CONFLICT (unit_id, directive, item, outcome, due_us) DO UPDATE SET n = r.n + excluded.n $$;

INSERT INTO giaoviec.deployment (id, demonstration, stepped, business_us, keyset_version, keyset, root_key)
VALUES (t.id(0), true, true, t.us('2024-03-01 00:00'), 1, '', decode(repeat('01', 32), 'hex'));
INSERT INTO giaoviec.unit (code, name_vi, name_en, fold, grp, fields, body)
VALUES ('SO-YT', 'Sở Y tế', 'Department of Health', 'so y te department of health so-yt', 'department', '{FOODSAFE}', false),
       ('SO-TC', 'Sở Tài chính', 'Department of Finance', 'so tai chinh department of finance so-tc', 'department', '{BUDGET}', false),
       ('TU-DL', 'Thành ủy Đà Lạt', 'Da Lat', 'thanh uy da lat da lat tu-dl', 'local-party', '{}', false),
       ('HU-DH', 'Huyện ủy Đạ Huoai', 'Da Huoai', 'huyen uy da huoai da huoai hu-dh', 'local-party', '{}', false),
       ('HU-LH', 'Huyện ủy Lâm Hà', 'Lam Ha', 'huyen uy lam ha lam ha hu-lh', 'local-party', '{}', false),
       ('CC-BTV', 'Ban Thường vụ', 'Standing Committee', 'ban thuong vu standing committee cc-btv', 'copy', '{}', true);
INSERT INTO giaoviec.unit_log (unit_id, key_id, coordinator)
SELECT unit_id, CASE WHEN body THEN NULL ELSE t.id(900 + unit_id) END, CASE WHEN code LIKE 'SO-%' THEN 'c1' ELSE '' END
FROM giaoviec.unit;
INSERT INTO giaoviec.directive (directive, version, notation, abstract, letter_digest, breakdown_digest, meta, act_id, approved_us)
VALUES (t.id(1), 1, '12-CV/TU', 'về một việc cần làm', '\x01', '\x02', '{}', t.id(2), t.us('2024-01-02 08:00')),
       (t.id(3), 1, '13-CV/TU', 'về một việc khác', '\x01', '\x02', '{}', t.id(4), t.us('2024-01-03 08:00'));
INSERT INTO giaoviec.task (directive, place, number, item, words, gloss, fold, kinds, field, supervisor, due_us, cadence, digest, bytes)
SELECT t.id(d), place, number, item, words, gloss, fold, kinds, field, '', giaoviec.day_end_us(t.day(due)), cadence,
       decode(md5(number) || md5(number), 'hex'), ''
FROM (VALUES
    (1, 1, '1.1', 1, 'xây dựng kế hoạch', 'draw up a plan', 'xay dung ke hoach draw up a plan', '{PLAN}'::text[], 'PARTYBUILD', '2024-02-10', NULL),
    (1, 2, '2.2', 2, 'bảo đảm an toàn thực phẩm', 'food safety', 'bao dam an toan thuc pham food safety', '{WINDOWED}', 'FOODSAFE', NULL, 3),
    (1, 3, '3.1', 2, 'thu ngân sách', 'budget revenue', 'thu ngan sach budget revenue', '{INDICATOR}', 'BUDGET', '2024-12-31', NULL),
    (1, 4, '4.2', 4, 'không đốt pháo', 'no firecrackers', 'khong dot phao no firecrackers', '{PROHIBITION}', 'SECURITY', NULL, NULL),
    (1, 5, '6.1', 6, 'theo dõi, chỉ đạo', 'watch and direct', 'theo doi, chi dao watch and direct', '{SUPERVISION}', 'ECON', NULL, NULL),
    (3, 1, '1.1', 1, 'một việc khác', 'another', 'mot viec khac another', '{OUTCOME}', 'ECON', '2024-02-20', NULL)
) x (d, place, number, item, words, gloss, fold, kinds, field, due, cadence);
INSERT INTO giaoviec.indicator (task_id, place, code, name, measure, direction, target, aggregation)
SELECT task_id, x.place, x.code, x.name, measure, direction, target, aggregation
FROM (VALUES ('2.2', 1, 'INSPECTIONS', 'Lượt kiểm tra', 'lượt', 1, 100::numeric, 1),
             ('2.2', 2, 'CASES', 'Số ca ngộ độc', 'ca', 2, 0, 1),
             ('3.1', 1, 'REVENUE', 'Thu ngân sách', 'tỷ đồng', 1, 13000, 2)) x (number, place, code, name, measure, direction, target, aggregation)
JOIN giaoviec.task t USING (number) WHERE t.directive = t.id(1);
INSERT INTO giaoviec.clause (task_id, clause, words, from_day, to_day, due_day)
SELECT task_id, 0, 'không đốt pháo trái phép', t.day('2024-02-08'), t.day('2024-02-14'), t.day('2024-02-16')
FROM giaoviec.task WHERE number = '4.2';

-- An event of a row: kind and entry_kind of the ledger, the state it leads to (NULL: none).
CREATE FUNCTION t.event(at text, who text, n int, e int, k int, ek int, dest int, f jsonb DEFAULT NULL, signed text DEFAULT NULL,
                        disp int DEFAULT 1, prog int DEFAULT NULL, word text DEFAULT NULL)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a giaoviec.assignment;
    was int;
    rep bigint;
    eff bigint := giaoviec.effective_us(coalesce(t.us(signed), t.us(at)), t.us(at));
BEGIN
    SELECT * INTO a FROM giaoviec.assignment WHERE (unit_id, assignment, epoch) = (t.unit(who), t.id(n), e);
    IF k = 1 AND NOT (SELECT body FROM giaoviec.unit WHERE code = who) THEN
        UPDATE giaoviec.unit_log SET report_n = report_n + 1, last_report_us = greatest(last_report_us, t.us(at)) WHERE unit_id = t.unit(who)
        RETURNING report_n INTO rep;
    END IF;
    was := a.state;
    IF disp = 1 THEN
        IF was <> dest THEN
            PERFORM t.count(a, -1);
        END IF;
        UPDATE giaoviec.assignment x SET
            state = coalesce(dest, x.state),
            submitted_us = CASE WHEN dest = 6 AND was <> 6 THEN eff ELSE x.submitted_us END,
            submit_due_us = CASE WHEN dest = 6 AND was <> 6 THEN x.due_us ELSE x.submit_due_us END,
            ended_us = CASE WHEN coalesce(dest, x.state) IN (7, 9, 11, 12) THEN t.us(at) END,
            person = CASE WHEN k = 1 AND ek = 1 THEN 'Nguyễn Văn ' || who ELSE x.person END,
            progress = coalesce(prog, x.progress), narrative = coalesce(word, x.narrative),
            last_report_us = CASE WHEN k = 1 THEN greatest(x.last_report_us, t.us(at)) ELSE x.last_report_us END
        WHERE (x.unit_id, x.assignment, x.epoch) = (a.unit_id, a.assignment, a.epoch) RETURNING * INTO a;
        IF was <> dest THEN
            PERFORM t.count(a, 1);
        END IF;
        UPDATE giaoviec.occurrence o SET done_us = coalesce(o.done_us, eff)
        WHERE (o.unit_id, o.assignment, o.epoch) = (a.unit_id, a.assignment, a.epoch) AND f->'periods' @> to_jsonb(o.first_day);
        INSERT INTO giaoviec.indicator_value AS v (unit_id, assignment, epoch, code, value, as_of_day, reported_us)
        SELECT a.unit_id, a.assignment, a.epoch, j->>'code', (j->>'value')::numeric, (j->>'as_of')::int, t.us(at)
        FROM jsonb_array_elements(f->'values') j
        ON CONFLICT (unit_id, assignment, epoch, code) DO UPDATE
            SET value = excluded.value, as_of_day = excluded.as_of_day, reported_us = excluded.reported_us
            WHERE excluded.as_of_day >= v.as_of_day;
        IF dest = 7 THEN
            UPDATE giaoviec.indicator_value v SET approved_value = value, approved_as_of = as_of_day, approved_us = t.us(at)
            WHERE (v.unit_id, v.assignment, v.epoch) = (a.unit_id, a.assignment, a.epoch);
        END IF;
        INSERT INTO giaoviec.attestation (unit_id, assignment, epoch, clause, compliant, exceptions, permits, breaches, person, attested_us)
        SELECT a.unit_id, a.assignment, a.epoch, (j->>'clause')::int, (j->>'compliant')::bool, (j->>'exceptions')::int,
               (j->>'permits')::int, (j->>'breaches')::int, j->>'person', eff
        FROM (SELECT f->'attest' AS j) x WHERE f ? 'attest'
        ON CONFLICT (unit_id, assignment, epoch, clause) DO UPDATE
            SET compliant = excluded.compliant, exceptions = excluded.exceptions, permits = excluded.permits,
                breaches = excluded.breaches, person = excluded.person, attested_us = excluded.attested_us;
    END IF;
    INSERT INTO giaoviec.ledger (era, business_us, signed_us, kind, entry_kind, unit_id, report_n, disposition, error, assignment,
                                 epoch, directive, task_id, item, role, state_from, state_to, due_us, submitted_us, submit_due_us,
                                 actor, progress, narrative, facts)
    VALUES (1, t.us(at), coalesce(t.us(signed), t.us(at)), k, ek, t.unit(who), rep, disp, CASE disp WHEN 1 THEN 0 ELSE 8 END, t.id(n), e,
            a.directive, a.task_id, a.item, a.role, CASE WHEN was <> dest AND disp = 1 THEN was END,
            CASE WHEN was <> dest AND disp = 1 THEN dest END, a.due_us, a.submitted_us, a.submit_due_us, who, prog, word, f);
END $$;
-- The unit gets the task: issued, or transferred from another holder.
CREATE FUNCTION t.issue(at text, who text, n int, e int, d int, num text, r int DEFAULT 1, dest int DEFAULT 2,
                        plan jsonb DEFAULT NULL, from_who text DEFAULT NULL)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a giaoviec.assignment;
BEGIN
    INSERT INTO giaoviec.assignment (unit_id, assignment, epoch, directive, task_id, item, role, state, due_us, due_original_us,
                                     issued_us, from_unit, from_epoch, act_id)
    SELECT t.unit(who), t.id(n), e, directive, task_id, item, r, dest, due_us, due_us, t.us(at), t.unit(from_who),
           CASE WHEN from_who IS NOT NULL THEN e - 1 END, t.id(n + 500)
    FROM giaoviec.task WHERE directive = t.id(d) AND number = num RETURNING * INTO a;
    PERFORM t.count(a, 1);
    INSERT INTO giaoviec.occurrence (unit_id, assignment, epoch, first_day, last_day, due_day)
    SELECT a.unit_id, a.assignment, e, (o->>0)::int, (o->>1)::int, (o->>2)::int FROM jsonb_array_elements(plan) o;
    INSERT INTO giaoviec.ledger (era, business_us, kind, entry_kind, unit_id, disposition, error, assignment, epoch, directive, task_id,
                                 item, role, state_from, state_to, due_us, act_id, actor, facts)
    VALUES (1, t.us(at), 4, 4, a.unit_id, 1, 0, a.assignment, e, a.directive, a.task_id, a.item, r, 1, dest, a.due_us, a.act_id, 'admin',
            CASE WHEN plan IS NOT NULL THEN jsonb_build_object('occurrences', plan) END);
END $$;
CREATE FUNCTION t.weeks(first text, n int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_array(t.day(first) + 7 * i, t.day(first) + 7 * i + 6, t.day(first) + 7 * i + 7))
    FROM generate_series(0, n - 1) i $$;

-- 1.1, due on 10 February: done on time, done late, overdue, returned; a second directive's, submitted in time and waiting.
SELECT t.issue('2024-01-02 09:00', u, n, 1, 1, '1.1') FROM (VALUES ('SO-TC', 11), ('SO-YT', 12), ('TU-DL', 13), ('HU-DH', 14)) x (u, n);
SELECT t.event('2024-01-02 10:00', u, n, 1, 2, 6, 3) FROM (VALUES ('SO-TC', 11), ('SO-YT', 12), ('TU-DL', 13), ('HU-DH', 14)) x (u, n);
SELECT t.event('2024-01-03 10:00', u, n, 1, 1, 1, 4) FROM (VALUES ('SO-TC', 11), ('SO-YT', 12), ('TU-DL', 13)) x (u, n);
SELECT t.event('2024-01-03 11:00', 'HU-DH', 14, 1, 1, 2, 8, NULL, NULL, 1, NULL, 'không thuộc địa bàn');
SELECT t.event('2024-01-20 10:00', 'TU-DL', 13, 1, 1, 3, 5, NULL, NULL, 1, 31, 'đang lấy ý kiến');
SELECT t.event('2024-02-12 10:00', 'SO-TC', 11, 1, 1, 4, 6, NULL, '2024-02-09 10:00'); -- signed in time, stored later
SELECT t.event('2024-02-13 10:00', 'SO-TC', 11, 1, 4, 7, 7);
SELECT t.event('2024-02-12 11:00', 'SO-YT', 12, 1, 1, 4, 6);
SELECT t.event('2024-02-13 11:00', 'SO-YT', 12, 1, 4, 7, 7);
SELECT t.issue('2024-01-03 09:00', 'SO-TC', 15, 1, 3, '1.1');
SELECT t.event('2024-01-03 10:00', 'SO-TC', 15, 1, 2, 6, 3), t.event('2024-01-04 10:00', 'SO-TC', 15, 1, 1, 1, 4);
SELECT t.event('2024-02-19 10:00', 'SO-TC', 15, 1, 1, 4, 6);
-- 2.2, weekly, no due date: on time, late, missed, pending; another holder's is moved on; one is finished; a co-ordinator's.
SELECT t.issue('2024-01-02 09:00', 'SO-YT', 21, 1, 1, '2.2', 1, 2, t.weeks('2024-02-05', 6));
SELECT t.event('2024-01-02 10:00', 'SO-YT', 21, 1, 2, 6, 3), t.event('2024-01-03 10:00', 'SO-YT', 21, 1, 1, 1, 4);
SELECT t.event('2024-02-12 09:00', 'SO-YT', 21, 1, 1, 3, 5, jsonb_build_object('periods', jsonb_build_array(t.day('2024-02-05')),
               'values', jsonb_build_array(jsonb_build_object('code', 'INSPECTIONS', 'value', '40', 'as_of', t.day('2024-02-11')),
                                           jsonb_build_object('code', 'CASES', 'not_known', true, 'as_of', t.day('2024-02-11')))));
SELECT t.event('2024-02-22 09:00', 'SO-YT', 21, 1, 1, 3, 5, jsonb_build_object('periods', jsonb_build_array(t.day('2024-02-12')),
               'values', jsonb_build_array(jsonb_build_object('code', 'INSPECTIONS', 'value', '62.50', 'as_of', t.day('2024-02-21')))));
SELECT t.issue('2024-01-02 09:00', 'TU-DL', 22, 1, 1, '2.2', 1, 2, t.weeks('2024-01-29', 6));
SELECT t.event('2024-01-02 10:00', 'TU-DL', 22, 1, 2, 6, 3), t.event('2024-01-03 10:00', 'TU-DL', 22, 1, 1, 1, 4);
SELECT t.event('2024-02-08 10:00', 'TU-DL', 22, 1, 4, 9, 11);
SELECT t.issue('2024-02-08 10:00', 'HU-DH', 22, 2, 1, '2.2', 1, 2, t.weeks('2024-02-12', 4), 'TU-DL');
SELECT t.event('2024-02-08 11:00', 'HU-DH', 22, 2, 2, 6, 3), t.event('2024-02-08 12:00', 'HU-DH', 22, 2, 1, 1, 4);
SELECT t.event('2024-02-09 10:00', 'TU-DL', 22, 1, 1, 3, NULL, jsonb_build_object('values', jsonb_build_array(
               jsonb_build_object('code', 'INSPECTIONS', 'value', '999', 'as_of', t.day('2024-02-08')))), NULL, 2);
SELECT t.issue('2024-01-02 09:00', 'SO-TC', 23, 1, 1, '2.2', 1, 2, t.weeks('2024-02-05', 2));
SELECT t.event('2024-01-02 10:00', 'SO-TC', 23, 1, 2, 6, 3), t.event('2024-01-03 10:00', 'SO-TC', 23, 1, 1, 1, 4);
SELECT t.event('2024-02-13 09:00', 'SO-TC', 23, 1, 1, 4, 6, jsonb_build_object('periods', jsonb_build_array(t.day('2024-02-05')),
               'values', jsonb_build_array(jsonb_build_object('code', 'INSPECTIONS', 'value', '17', 'as_of', t.day('2024-02-12')),
                                           jsonb_build_object('code', 'CASES', 'value', '0', 'as_of', t.day('2024-02-12')))));
SELECT t.event('2024-02-14 09:00', 'SO-TC', 23, 1, 4, 7, 7);
SELECT t.issue('2024-01-02 09:00', 'HU-LH', 24, 1, 1, '2.2', 2, 2);
-- 3.1: in time; suspended; ended as not met.
SELECT t.issue('2024-01-02 09:00', u, n, 1, 1, '3.1') FROM (VALUES ('SO-TC', 31), ('TU-DL', 32), ('HU-DH', 33)) x (u, n);
SELECT t.event('2024-01-02 10:00', u, n, 1, 2, 6, 3) FROM (VALUES ('SO-TC', 31), ('TU-DL', 32), ('HU-DH', 33)) x (u, n);
SELECT t.event('2024-01-03 10:00', u, n, 1, 1, 1, 4) FROM (VALUES ('SO-TC', 31), ('TU-DL', 32), ('HU-DH', 33)) x (u, n);
SELECT t.event('2024-02-01 10:00', 'SO-TC', 31, 1, 1, 3, 5, jsonb_build_object('values', jsonb_build_array(
               jsonb_build_object('code', 'REVENUE', 'value', '2100', 'as_of', t.day('2024-01-31')))), NULL, 1, 17);
SELECT t.event('2024-02-02 10:00', 'TU-DL', 32, 1, 4, 0, 10);
SELECT t.event('2024-02-03 10:00', 'HU-DH', 33, 1, 1, 3, 5);
SELECT t.event('2024-02-20 10:00', 'HU-DH', 33, 1, 4, 0, 9, NULL, NULL, 1, NULL, 'nguồn thu giảm');
-- 4.2: attested, broken, not attested.
SELECT t.issue('2024-01-02 09:00', u, n, 1, 1, '4.2') FROM (VALUES ('SO-YT', 41), ('SO-TC', 42), ('HU-LH', 43)) x (u, n);
SELECT t.event('2024-01-02 10:00', u, n, 1, 2, 6, 3) FROM (VALUES ('SO-YT', 41), ('SO-TC', 42), ('HU-LH', 43)) x (u, n);
SELECT t.event('2024-01-03 10:00', u, n, 1, 1, 1, 4) FROM (VALUES ('SO-YT', 41), ('SO-TC', 42)) x (u, n);
SELECT t.event('2024-02-15 10:00', 'SO-YT', 41, 1, 1, 5, 5,
               '{"attest": {"clause": 0, "compliant": true, "exceptions": 1, "permits": 2, "breaches": 0, "person": "Trần Thị B"}}');
SELECT t.event('2024-02-20 10:00', 'SO-TC', 42, 1, 1, 5, 5,
               '{"attest": {"clause": 0, "compliant": false, "exceptions": 0, "permits": 0, "breaches": 1, "person": "Lê Văn C"}}');
-- 6.1: a body of persons, by a member's act.
SELECT t.issue('2024-01-02 09:00', 'CC-BTV', 61, 1, 1, '6.1', 1, 3);
SELECT t.event('2024-01-05 10:00', 'CC-BTV', 61, 1, 1, 1, 4);

INSERT INTO giaoviec.seal (era, xid_from, xid_to, first_position, n)
SELECT 1, xid, xid, 1 + sum(n) OVER (ORDER BY xid) - n, n
FROM (SELECT xid, count(*) AS n FROM giaoviec.ledger WHERE id <= 20 GROUP BY xid) x;
INSERT INTO giaoviec.seal (era, xid_from, xid_to, first_position, n)
SELECT 1, (array_agg(xid ORDER BY xid))[1], (array_agg(xid ORDER BY xid DESC))[1],
       (SELECT max(first_position + n) FROM giaoviec.seal), count(*)
FROM giaoviec.ledger WHERE xid > (SELECT xid_to FROM giaoviec.seal ORDER BY first_position DESC LIMIT 1) AND id <= (SELECT max(id) - 2 FROM giaoviec.ledger);
