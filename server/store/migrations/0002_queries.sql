-- Runs as giaoviec_owner. What the queries share: names of numbers, schedule classes, indexes.

-- enum gv_schedule of common/domain/count.h: work that ended without a result has no class.
CREATE FUNCTION giaoviec.schedule_class(state int, due_us bigint, submitted_us bigint, submit_due_us bigint,
                                        now_us bigint)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN state IN (1, 11, 12) THEN NULL
        WHEN due_us IS NULL AND state = 7 THEN 'DONE_NO_DUE'
        WHEN due_us IS NULL THEN 'NO_DUE'
        WHEN state = 7 AND submitted_us <= coalesce(submit_due_us, submitted_us) THEN 'DONE_ON_TIME'
        WHEN state = 7 THEN 'DONE_LATE'
        WHEN now_us > due_us AND NOT (state = 6 AND submitted_us IS NOT NULL
                                      AND submitted_us <= coalesce(submit_due_us, submitted_us)) THEN 'OVERDUE'
        WHEN now_us <= due_us AND due_us - now_us <= 259200000000 THEN 'DUE_SOON'
        ELSE 'NOT_DUE' END $$;
-- The cell of a row; NULL: not counted. 6: suspended, shown apart.
CREATE FUNCTION giaoviec.cell_of(role int, state int, due_us bigint, submitted_us bigint, submit_due_us bigint,
                                 now_us bigint)
    RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN giaoviec.outcome(role, state, due_us, submitted_us, submit_due_us) IS NOT NULL
           THEN giaoviec.cell(giaoviec.outcome(role, state, due_us, submitted_us, submit_due_us),
                              coalesce(due_us, 0), now_us) END $$;
CREATE FUNCTION giaoviec.cell_name(cell int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['DONE_ON_TIME', 'DONE_LATE', 'OPEN_IN_TIME', 'OPEN_OVERDUE', 'DONE_NO_DUE', 'OPEN_NO_DUE',
                  'SUSPENDED'])[cell + 1] $$;
CREATE FUNCTION giaoviec.role_name(role int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['LEAD', 'COORDINATE', 'FOLLOW'])[role] $$;
CREATE FUNCTION giaoviec.event_name(kind int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['REPORT', 'RECEIPT', 'ACT', 'ITEM', 'ENROL', 'DUTY', 'REFUSAL', 'SESSION'])[kind] $$;
-- ReportKind, or the act table's name.
CREATE FUNCTION giaoviec.entry_name(kind int, entry_kind int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN kind = 1 THEN (ARRAY['ACCEPT', 'RETURN', 'STATUS', 'SUBMIT', 'ATTEST'])[entry_kind]
        WHEN kind IN (3, 4) THEN
            (ARRAY['REGISTER_UNITS', 'ISSUE_TOKENS', 'APPROVE_BREAKDOWN', 'ISSUE', 'UPHOLD', 'REISSUE',
                   'APPROVE_RESULT', 'REDO', 'TRANSFER', 'REVOKE', 'REVOKE_KEY', 'BODY_ENTRY', 'CLOCK_STEP',
                   'LIFT_QUARANTINE'])[entry_kind] END $$;
CREATE FUNCTION giaoviec.disposition_name(disposition int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['APPLIED', 'STALE', 'REFUSED', 'UNSUPPORTED'])[disposition] $$;
CREATE FUNCTION giaoviec.cadence_name(cadence int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['ONCE', 'DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'HALF_YEARLY', 'YEARLY'])[cadence] $$;
-- A due instant is the end of a day: the day as people write it.
CREATE FUNCTION giaoviec.due_text(due_us bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT giaoviec.day_text(giaoviec.day_of(due_us - 1)) $$;
-- A decimal without trailing zeros.
CREATE FUNCTION giaoviec.decimal_text(n numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT trim_scale(n)::text $$;
-- Is the folded search key the beginning of words in a row? «ha» finds «Hà» and «Lâm Hà», not «Thành».
CREATE FUNCTION giaoviec.found(fold text, search text) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT search IS NULL
                 OR position(' ' || translate(search, '-/.', '   ') IN ' ' || translate(fold, '-/.', '   ')) > 0 $$;
-- Does the argument "directive" (hex, or a notation; NULL: any) mean this one?
CREATE FUNCTION giaoviec.directive_is(directive uuid, notation text, asked text)
    RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT asked IS NULL OR replace(directive::text, '-', '') = lower(asked) OR lower(notation) = lower(asked) $$;
-- Is a row inside what the reader may see? NULL units: everything.
CREATE FUNCTION giaoviec.in_scope(unit_id int, field text, units int[], fields text[])
    RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT units IS NULL OR unit_id = ANY (units) OR field = ANY (fields) $$;
-- Where an occurrence stands: one of an ended row counts when it was due before the end.
-- 0 on time, 1 late, 2 missed, 3 pending; NULL: not counted.
CREATE FUNCTION giaoviec.period_class(due_day int, done_us bigint, state int, ended_us bigint, now_us bigint)
    RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN state IN (7, 9, 11, 12) AND ended_us IS NOT NULL AND giaoviec.day_end_us(due_day) > ended_us THEN NULL
        WHEN done_us <= giaoviec.day_end_us(due_day) THEN 0
        WHEN done_us IS NOT NULL THEN 1
        WHEN now_us > giaoviec.day_end_us(due_day) THEN 2
        ELSE 3 END $$;

CREATE INDEX assignment_directive ON giaoviec.assignment (directive, item);
CREATE INDEX ledger_stale ON giaoviec.ledger (id) WHERE disposition = 2;
