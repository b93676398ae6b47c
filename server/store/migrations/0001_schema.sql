-- Runs as giaoviec_owner. Times: microseconds since 1970 UTC (bigint) in business time; timestamptz is
-- real time. Days: since 1970-01-01 in the +07:00 calendar. Ids are uuid for their 16 bytes only.

CREATE FUNCTION giaoviec.hex(uuid) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT replace($1::text, '-', '') $$;
CREATE FUNCTION giaoviec.real_us() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;
CREATE FUNCTION giaoviec.day_of(us bigint) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT floor((us + 25200000000::bigint)::numeric / 86400000000)::int $$;
CREATE FUNCTION giaoviec.day_end_us(day int) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT (day::bigint + 1) * 86400000000 - 25200000000 $$;
CREATE FUNCTION giaoviec.day_text(day int) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT to_char('1970-01-01'::date + day, 'YYYY-MM-DD') $$;
CREATE FUNCTION giaoviec.time_text(us bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT to_char(timestamp '1970-01-01' + (us + 25200000000::bigint) * interval '1 microsecond',
                         'YYYY-MM-DD"T"HH24:MI:SS') || '+07:00' $$;
-- When a report counts from: its signing, at most four days before it was stored.
CREATE FUNCTION giaoviec.effective_us(signed_us bigint, stored_us bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN signed_us <= stored_us AND signed_us >= stored_us - 345600000000 THEN signed_us
                      ELSE stored_us END $$;

CREATE TABLE giaoviec.deployment (
    one bool PRIMARY KEY DEFAULT true CHECK (one),
    id uuid NOT NULL,
    demonstration bool NOT NULL,
    stepped bool NOT NULL CHECK (demonstration OR NOT stepped),
    business_us bigint NOT NULL,
    step bigint NOT NULL DEFAULT 0,
    keyset_version bigint NOT NULL,
    keyset bytea NOT NULL,
    root_key bytea NOT NULL CHECK (length(root_key) = 32),
    -- Transaction ids order the ledger; those of another cluster (a restored dump) begin a new era.
    era int NOT NULL DEFAULT 1,
    system_id bigint NOT NULL DEFAULT (pg_control_system()).system_identifier,
    created timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE FUNCTION giaoviec.business_us() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ SELECT CASE WHEN stepped THEN business_us ELSE giaoviec.real_us() END FROM giaoviec.deployment $$;

CREATE TABLE giaoviec.keys_version (
    one bool PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL DEFAULT 1);
INSERT INTO giaoviec.keys_version DEFAULT VALUES;

CREATE TABLE giaoviec.unit (
    unit_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name_vi text COLLATE "vi-x-icu" NOT NULL,
    name_en text NOT NULL DEFAULT '',
    fold text NOT NULL DEFAULT '',
    grp text NOT NULL DEFAULT '',
    fields text[] NOT NULL DEFAULT '{}',
    body bool NOT NULL DEFAULT false,
    valid_from_day int NOT NULL DEFAULT 0,
    valid_to_day int,
    act_id uuid,
    registered timestamptz NOT NULL DEFAULT clock_timestamp());

-- The unit's lock row: keys and the heads of both logs. Hot.
CREATE TABLE giaoviec.unit_log (
    unit_id int PRIMARY KEY,
    key_id uuid,
    sign_key bytea,
    curve_key bytea,
    revoked bool NOT NULL DEFAULT false,
    quarantine text,
    connection_no bigint NOT NULL DEFAULT 0,
    coordinator text NOT NULL DEFAULT '',
    last_seen timestamptz,
    report_n bigint NOT NULL DEFAULT 0,
    report_h bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    order_n bigint NOT NULL DEFAULT 0,
    order_h bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    ack_n bigint NOT NULL DEFAULT 0,
    claimed_n bigint NOT NULL DEFAULT 0,
    finished_day int,
    last_report_us bigint NOT NULL DEFAULT 0,
    CHECK (ack_n <= order_n),
    CHECK (length(report_h) = 32 AND length(order_h) = 32)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE giaoviec.unit_key (
    key_id uuid NOT NULL,
    unit_id int NOT NULL,
    sign_key bytea NOT NULL,
    curve_key bytea NOT NULL,
    statement bytea NOT NULL,
    enrolled timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked timestamptz,
    revoke_act uuid,
    PRIMARY KEY (unit_id, key_id));

CREATE TABLE giaoviec.enrol_token (
    hash bytea PRIMARY KEY,
    unit_id int NOT NULL,
    expires timestamptz NOT NULL,
    ended bool NOT NULL DEFAULT false,
    used timestamptz,
    used_key uuid,
    act_id uuid NOT NULL);
CREATE INDEX ON giaoviec.enrol_token (unit_id);

CREATE TABLE giaoviec.act (
    act_id uuid PRIMARY KEY,
    kind int NOT NULL,
    actor text NOT NULL,
    envelope bytea NOT NULL,
    reason text,
    business_us bigint NOT NULL,
    recorded timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen int NOT NULL DEFAULT 1,
    result bytea);

CREATE TABLE giaoviec.blob (digest bytea PRIMARY KEY, data bytea NOT NULL);
CREATE TABLE giaoviec.blob_chunk (
    digest bytea NOT NULL,
    begins bigint NOT NULL,
    total bigint NOT NULL,
    data bytea NOT NULL,
    added timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (digest, begins));

CREATE TABLE giaoviec.directive (
    directive uuid PRIMARY KEY,
    version int NOT NULL,
    notation text NOT NULL,
    abstract text NOT NULL,
    letter_digest bytea NOT NULL,
    breakdown_digest bytea NOT NULL,
    meta jsonb NOT NULL,
    act_id uuid NOT NULL,
    approved_us bigint NOT NULL);

CREATE TABLE giaoviec.task (
    task_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    directive uuid NOT NULL REFERENCES giaoviec.directive,
    place int NOT NULL,
    number text COLLATE "C" NOT NULL,
    item int NOT NULL,
    words text NOT NULL,
    gloss text NOT NULL,
    fold text NOT NULL,
    kinds text[] NOT NULL,
    field text NOT NULL,
    supervisor text NOT NULL,
    due_us bigint,
    cadence int,
    digest bytea NOT NULL,
    bytes bytea NOT NULL,
    UNIQUE (directive, number));

CREATE TABLE giaoviec.indicator (
    task_id int NOT NULL REFERENCES giaoviec.task ON DELETE CASCADE,
    place int NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    measure text NOT NULL,
    direction int NOT NULL,
    target numeric,
    target_high numeric,
    aggregation int NOT NULL,
    PRIMARY KEY (task_id, code));

CREATE TABLE giaoviec.clause (
    task_id int NOT NULL REFERENCES giaoviec.task ON DELETE CASCADE,
    clause int NOT NULL,
    words text NOT NULL,
    from_day int NOT NULL,
    to_day int NOT NULL,
    due_day int NOT NULL,
    PRIMARY KEY (task_id, clause));

CREATE TABLE giaoviec.assignment (
    unit_id int NOT NULL,
    assignment uuid NOT NULL,
    epoch int NOT NULL CHECK (epoch > 0),
    directive uuid NOT NULL,
    task_id int NOT NULL,
    item int NOT NULL,
    role int NOT NULL CHECK (role BETWEEN 1 AND 3),
    state int NOT NULL CHECK (state BETWEEN 1 AND 12),
    due_us bigint,
    due_original_us bigint,
    issued_us bigint NOT NULL,
    submitted_us bigint,
    submit_seen_us bigint,
    submit_due_us bigint,
    ended_us bigint,
    from_unit int,
    from_epoch int,
    to_unit int,
    act_id uuid NOT NULL,
    person text,
    narrative text,
    progress int NOT NULL DEFAULT 0,
    last_report_us bigint,
    PRIMARY KEY (unit_id, assignment, epoch)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX assignment_task ON giaoviec.assignment (task_id);
-- One holder of an epoch: a transfer raises it.
CREATE UNIQUE INDEX assignment_epoch ON giaoviec.assignment (assignment, epoch);

CREATE TABLE giaoviec.order_log (
    unit_id int NOT NULL,
    n bigint NOT NULL,
    h bytea NOT NULL,
    assignment uuid NOT NULL,
    epoch int NOT NULL,
    entry bytea NOT NULL,
    PRIMARY KEY (unit_id, n));

CREATE TABLE giaoviec.occurrence (
    unit_id int NOT NULL,
    assignment uuid NOT NULL,
    epoch int NOT NULL,
    first_day int NOT NULL,
    last_day int NOT NULL,
    due_day int NOT NULL,
    done_us bigint,
    PRIMARY KEY (unit_id, assignment, epoch, first_day)) WITH (fillfactor = 80);

CREATE TABLE giaoviec.indicator_value (
    unit_id int NOT NULL,
    assignment uuid NOT NULL,
    epoch int NOT NULL,
    code text COLLATE "C" NOT NULL,
    value numeric CHECK (value <> 'NaN' AND abs(value) < 1e30),
    as_of_day int NOT NULL,
    reported_us bigint NOT NULL,
    approved_value numeric,
    approved_as_of int,
    approved_us bigint,
    PRIMARY KEY (unit_id, assignment, epoch, code)) WITH (fillfactor = 80);

CREATE TABLE giaoviec.attestation (
    unit_id int NOT NULL,
    assignment uuid NOT NULL,
    epoch int NOT NULL,
    clause int NOT NULL,
    compliant bool NOT NULL,
    exceptions int NOT NULL,
    permits int NOT NULL,
    breaches int NOT NULL,
    person text NOT NULL,
    attested_us bigint NOT NULL,
    PRIMARY KEY (unit_id, assignment, epoch, clause)) WITH (fillfactor = 80);

-- What happened. Never updated. Beside the evidence: typed columns for all that counting needs.
CREATE TABLE giaoviec.ledger (
    era int NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id bigint GENERATED ALWAYS AS IDENTITY,
    recorded timestamptz NOT NULL DEFAULT clock_timestamp(),
    business_us bigint NOT NULL,
    signed_us bigint,
    kind int NOT NULL,
    entry_kind int NOT NULL,
    unit_id int,
    report_n bigint,
    report_h bytea,
    disposition int NOT NULL,
    error int NOT NULL,
    text text,
    assignment uuid,
    epoch int,
    directive uuid,
    task_id int,
    item int,
    role int,
    state_from int,
    state_to int,
    due_us bigint,
    submitted_us bigint,
    submit_due_us bigint,
    act_id uuid,
    actor text,
    person text,
    narrative text,
    progress int,
    facts jsonb,
    PRIMARY KEY (era, xid, id));
CREATE UNIQUE INDEX ledger_report ON giaoviec.ledger (unit_id, report_n) WHERE report_n IS NOT NULL;
CREATE INDEX ledger_assignment ON giaoviec.ledger (assignment) WHERE assignment IS NOT NULL;
CREATE INDEX ledger_apart ON giaoviec.ledger (unit_id) WHERE disposition <> 1;

-- Envelopes as received. kind 0: reports first_n … last_n; else the message kind, with order numbers.
CREATE TABLE giaoviec.evidence (
    unit_id int NOT NULL,
    kind int NOT NULL DEFAULT 0,
    first_n bigint NOT NULL,
    last_n bigint NOT NULL,
    envelope bytea NOT NULL,
    PRIMARY KEY (unit_id, kind, first_n));

-- How many lead assignments stand where; rows may come down to 0. Touched only under the unit's lock.
CREATE TABLE giaoviec.rollup (
    unit_id int NOT NULL,
    directive uuid NOT NULL,
    item int NOT NULL,
    outcome int NOT NULL,
    due_us bigint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (unit_id, directive, item, outcome, due_us)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Outcomes of the rollup: what of a lead assignment's cell does not depend on the time.
-- 1 open, 2 submitted in time and waiting, 3 done on time, 4 done late, 5 done without due date,
-- 6 suspended, 7 not met; NULL: not counted.
CREATE FUNCTION giaoviec.outcome(role int, state int, due_us bigint, submitted_us bigint, submit_due_us bigint)
    RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN role <> 1 OR state IN (1, 11, 12) THEN NULL
        WHEN state = 10 THEN 6
        WHEN state = 9 THEN 7
        WHEN state = 7 AND due_us IS NULL THEN 5
        WHEN state = 7 AND submitted_us IS NOT NULL AND submitted_us <= coalesce(submit_due_us, submitted_us) THEN 3
        WHEN state = 7 THEN 4
        WHEN state = 6 AND submitted_us IS NOT NULL AND submitted_us <= coalesce(submit_due_us, submitted_us) THEN 2
        ELSE 1 END $$;
-- The cell at a time: 0 done on time, 1 done late, 2 open in time, 3 open overdue, 4 done without due
-- date, 5 open without due date, 6 suspended. due_us 0: none.
CREATE FUNCTION giaoviec.cell(outcome int, due_us bigint, now_us bigint) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN outcome = 3 THEN 0 WHEN outcome = 4 THEN 1 WHEN outcome = 5 THEN 4 WHEN outcome = 6 THEN 6
        WHEN due_us = 0 THEN 5
        WHEN outcome = 2 OR now_us <= due_us THEN 2
        ELSE 3 END $$;
CREATE FUNCTION giaoviec.overdue_days(due_us bigint, now_us bigint) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN now_us > due_us THEN ((now_us - due_us + 86399999999) / 86400000000)::int ELSE 0 END $$;
CREATE FUNCTION giaoviec.state_name(state int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['DRAFT', 'ISSUED', 'DELIVERED', 'ACCEPTED', 'IN_PROGRESS', 'SUBMITTED', 'COMPLETED', 'RETURNED',
                  'NOT_MET', 'SUSPENDED', 'TRANSFERRED', 'REVOKED'])[state] $$;

-- The ledger rows of an era with xid_from <= xid <= xid_to, in order of (xid, id), have the positions
-- first_position … first_position + n - 1. Nothing with such an xid was running any more.
CREATE TABLE giaoviec.seal (
    seal_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    era int NOT NULL,
    xid_from xid8 NOT NULL,
    xid_to xid8 NOT NULL,
    first_position bigint NOT NULL UNIQUE,
    n bigint NOT NULL,
    sealed timestamptz NOT NULL DEFAULT clock_timestamp());

CREATE TABLE giaoviec.lease (
    duty text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    until timestamptz NOT NULL);

GRANT USAGE ON SCHEMA giaoviec TO giaoviec_coordinator, giaoviec_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA giaoviec TO giaoviec_coordinator, giaoviec_reader;
REVOKE SELECT ON giaoviec.enrol_token FROM giaoviec_reader;
GRANT INSERT ON ALL TABLES IN SCHEMA giaoviec TO giaoviec_coordinator;
REVOKE INSERT ON giaoviec.schema_version, giaoviec.keys_version FROM giaoviec_coordinator;
-- The ledger, its evidence, the orders and the seals are never updated. Who the deployment is does not change.
GRANT UPDATE (business_us, step, keyset_version, keyset) ON giaoviec.deployment TO giaoviec_coordinator;
GRANT UPDATE ON giaoviec.keys_version, giaoviec.unit, giaoviec.unit_log, giaoviec.unit_key, giaoviec.enrol_token,
    giaoviec.act, giaoviec.blob, giaoviec.directive, giaoviec.assignment, giaoviec.occurrence,
    giaoviec.indicator_value, giaoviec.attestation, giaoviec.rollup, giaoviec.lease TO giaoviec_coordinator;
GRANT DELETE ON giaoviec.blob_chunk, giaoviec.task TO giaoviec_coordinator;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA giaoviec TO giaoviec_coordinator;
