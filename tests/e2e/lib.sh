# shellcheck shell=bash disable=SC2034,SC2153 # read by the tests beside it
# What the end-to-end tests share: a deployment of their own on free ports, its coordinators and agents, waits with a
# deadline, and an end that leaves nothing running. A test begins with:  . "$(dirname "$0")/lib.sh"; e2e_begin "$@"

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PARTS=$TOP/deploy/quickstart.d
EXAMPLE=$TOP/deploy/examples/lam-dong-2024
KEEP=false GV_LANG_NAME=en DATA='' FAILED=0
# shellcheck source=../../deploy/quickstart.d/messages.sh
. "$PARTS/messages.sh"
# shellcheck source=../../deploy/quickstart.d/process.sh
. "$PARTS/process.sh"
# shellcheck source=../../deploy/quickstart.d/setup.sh
. "$PARTS/setup.sh"
# shellcheck source=../../deploy/quickstart.d/scenario.sh
. "$PARTS/scenario.sh"
# shellcheck source=../../deploy/quickstart.d/report.sh
. "$PARTS/report.sh"

e2e_begin() { # BUILD SOURCE
    BUILD=$(realpath "$1")
    export GIAOVIEC_LANG=en GIAOVIEC_DATA=$TOP/deploy/data
    # Sanitizers: the programs' own leaks are faults; give slow builds their time.
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
    step_packages_and_build
    trap e2e_end EXIT
    trap 'exit 143' INT TERM HUP
    make_data >/dev/null
    OUT=$DATA/out
    mkdir -p "$OUT"
}

e2e_end() {
    local status=$?
    trap - EXIT
    set +e
    if [ "$status" -ne 0 ]; then
        for log in "$DATA"/log/*.log; do
            [ -s "$log" ] && { echo "--- $log"; tail -n 6 "$log" | cut -c1-220; }
        done
    fi
    stop_all
    "$GIAOVIECD" db stop --data "$DATA/db" >/dev/null 2>&1
    if grep -lE 'ERROR: (Address|Leak|Undefined)|runtime error:' "$DATA"/log/*.log >"$DATA/scratch/sanitizer" 2>/dev/null; then
        while read -r log; do
            echo "--- a sanitizer speaks in $log"
            grep -A 20 -m1 -E 'ERROR: (Address|Leak|Undefined)|runtime error:' "$log"
        done <"$DATA/scratch/sanitizer"
        status=1
    fi
    if [ -n "${E2E_KEEP-}" ]; then echo "kept: $DATA"; else rm -rf -- "$DATA"; fi
    exit "$status"
}

give_up() {
    echo "FAILED: $(say "$@")"
    exit 1
}

# ok WHAT COMMAND…: a check that is counted and named; for the table of tests/run too where it tries a promise, or where a
# test says at its beginning that it is all about one: PROMISE.
declare -A PROMISE_OF=([receipted_are_stored]=C1 [logs_are_contiguous]=C2 [orders_are_the_same]=C5 [recount_is_zero]=C17)
ok() {
    local what=$1 bad=0
    shift
    "$@" || bad=1
    if [ $bad -eq 0 ]; then echo "ok    $what"; else echo "FAIL  $what"; fi
    FAILED=$((FAILED + bad))
    [ -z "${PROMISE-}" ] || printf 'promise\t%s\tend to end: checks of %s\t1\t%d\n' "$PROMISE" "${0##*/test_}" $bad
    [ -z "${PROMISE_OF[$1]-}" ] || printf 'promise\t%s\tend to end: %s\t1\t%d\n' "${PROMISE_OF[$1]}" "$what" $bad
}
equal() { [ "$1" = "$2" ] || { echo "      $1 != $2" && false; }; }
finish() {
    [ "$FAILED" -eq 0 ] || { echo "$FAILED checks failed" && exit 1; }
}

# gives STATUS WORDS COMMAND…: exit status and words of what a command says.
gives() {
    local status=$1 words=$2 got=0
    shift 2
    timeout 60 "$@" >"$DATA/scratch/said" 2>&1 </dev/null || got=$?
    if [ "$got" -ne "$status" ] || ! grep -qF -- "$words" "$DATA/scratch/said"; then
        echo "      $*: status $got (wanted $status), wanted «$words» in:"
        sed -n '1,8s/^/      /p' "$DATA/scratch/said"
        return 1
    fi
}
cli() { echo "$GIAOVIEC --home $DATA/home"; }

# The 76 addressees in processes of N units: a1, a2, …
e2e_agents() { # PROCESSES
    local i unit n=$1 members
    for ((i = 0; i < n; i++)); do
        members=()
        for ((u = i; u < ${#UNITS[@]}; u += n)); do members+=("${UNITS[u]}"); done
        agent_conf "a$((i + 1))" '' "${members[@]}"
        start_agent "a$((i + 1))"
    done
    await 120 "all agents connected" all_connected >/dev/null
}

# A deployment with the letter issued and every order delivered.
e2e_issued() { # PROCESSES
    step_deployment >/dev/null
    step_units >/dev/null
    e2e_agents "$1"
    issue_letter
    await 120 "orders delivered" orders_arrived >/dev/null
    tasks_table
}

issue_letter() {
    gv directive approve "$LETTER" "$BREAKDOWN" --decisions "$DECISIONS" --yes --reason test >"$DATA/log/approve.out"
    gv directive issue "$LETTER" "$BREAKDOWN" --decisions "$DECISIONS" --yes --reason test >"$DATA/log/issue.out"
}

# True once every unit that ever enrolled has reported the day and holds its orders, connected or not.
settled() { # DAY
    [ "$(sql "SELECT count(*) FROM giaoviec.unit_log WHERE key_id IS NOT NULL AND
        (finished_day IS NULL OR finished_day < '$1'::date - '1970-01-01'::date OR ack_n < order_n)" 2>/dev/null)" = 0 ]
}
finish_day() { await "${2-90}" "$1" settled "$1"; }

day_files() { # DAY
    list_assignments
    write_status "$1"
}

# ---- PostgreSQL ---------------------------------------------------------------------------------------

# The reader's connection string, kept: asking for it again would start a cluster that a test has stopped.
READER=''
sql() {
    [ -n "$READER" ] || READER=$(reader)
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$READER" -c "$1"
}
postmaster() { head -n 1 "$DATA/db/postgresql/postmaster.pid"; }
kill9_postgres() {
    local pid
    pid=$(postmaster)
    kill -KILL "$pid"
    await 20 "postmaster gone" gone "$pid"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
db_start() { "$GIAOVIECD" db start --data "$DATA/db" >>"$DATA/log/db.out" 2>>"$DATA/log/db.err"; }
db_answers() { sql 'SELECT 1' >/dev/null 2>&1; }

# ---- what must hold after every fault run ---------------------------------------------------------------

# Every report that an agent holds a receipt for is in the ledger, once, under its number and hash (C1, C2).
receipted_are_stored() {
    local spool
    sql "SELECT u.code || ' ' || l.report_n || ' ' || encode(l.report_h, 'hex') FROM giaoviec.ledger l
         JOIN giaoviec.unit u USING (unit_id) WHERE l.report_n IS NOT NULL" | LC_ALL=C sort >"$DATA/scratch/stored"
    [ "$(uniq -d "$DATA/scratch/stored" | wc -l)" -eq 0 ] || { echo "      a report is stored twice" && return 1; }
    for spool in "$DATA"/agents/*/spool.db; do
        spool_receipted "$spool"
    done | LC_ALL=C sort >"$DATA/scratch/receipted"
    comm -23 "$DATA/scratch/receipted" "$DATA/scratch/stored" >"$DATA/scratch/lost"
    echo "      $(wc -l <"$DATA/scratch/receipted") receipted reports, $(wc -l <"$DATA/scratch/stored") stored"
    [ -s "$DATA/scratch/receipted" ] || return 1
    if [ -s "$DATA/scratch/lost" ]; then
        echo "      receipted and not stored:" && head -5 "$DATA/scratch/lost"
        return 1
    fi
}

# UNIT N HASH of every report that the spool holds a receipt for
spool_receipted() { # SPOOL
    sqlite3 -readonly -separator ' ' "$1" \
        "SELECT unit, n, lower(hex(h)) FROM reports WHERE receipted_us IS NOT NULL"
}

# Both logs of every unit have the numbers 1..n without a gap, and the agents hold every order (C5).
logs_are_contiguous() {
    local gaps
    gaps=$(sql "SELECT count(*) FROM (
        SELECT g.unit_id FROM giaoviec.unit_log g LEFT JOIN giaoviec.order_log o USING (unit_id)
        GROUP BY g.unit_id, g.order_n HAVING count(o.n) <> g.order_n OR coalesce(max(o.n), 0) <> g.order_n
        UNION ALL
        SELECT g.unit_id FROM giaoviec.unit_log g LEFT JOIN giaoviec.ledger l ON l.unit_id = g.unit_id AND l.report_n IS NOT NULL
        GROUP BY g.unit_id, g.report_n HAVING count(l.report_n) <> g.report_n OR coalesce(max(l.report_n), 0) <> g.report_n) x")
    equal "$gaps" 0
}

# The orders that the agents hold are those of the database, number by number and hash by hash.
orders_are_the_same() {
    local spool
    sql "SELECT u.code || ' ' || o.n || ' ' || encode(o.h, 'hex') FROM giaoviec.order_log o
         JOIN giaoviec.unit u USING (unit_id) WHERE NOT u.body" | LC_ALL=C sort >"$DATA/scratch/ordered"
    for spool in "$DATA"/agents/*/spool.db; do
        sqlite3 -readonly -separator ' ' "$spool" "SELECT unit, n, lower(hex(h)) FROM orders"
    done | LC_ALL=C sort >"$DATA/scratch/held"
    cmp "$DATA/scratch/ordered" "$DATA/scratch/held"
}

# No change of keys is under way, and the key in force of every unit is the one in its file.
keys_agree() {
    local file
    ! compgen -G "$DATA/agents/*/keys/*.next" >/dev/null || return 1
    for file in "$DATA"/agents/*/keys/*.key; do
        echo "$(basename "$file" .key) $(awk '$1 == "key-id" {print $2}' "$file")"
    done | LC_ALL=C sort >"$DATA/scratch/keys.files"
    sql "SELECT u.code || ' ' || giaoviec.hex(l.key_id) FROM giaoviec.unit_log l JOIN giaoviec.unit u USING (unit_id)
        WHERE l.key_id IS NOT NULL" 2>/dev/null | LC_ALL=C sort >"$DATA/scratch/keys.database"
    cmp -s "$DATA/scratch/keys.files" "$DATA/scratch/keys.database"
}

all_orders_held() { equal "$(sql 'SELECT count(*) FROM giaoviec.unit_log WHERE ack_n <> order_n AND key_id IS NOT NULL')" 0; }

recount_is_zero() {
    write_summary >/dev/null
    run_recount || { tail -n 5 "$OUT/recount.txt" && return 1; }
}
