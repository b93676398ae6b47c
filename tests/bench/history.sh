# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with run
# History: 100 tasks to every holder (full run: 100,000 assignments), and reports over them that are made the real way, signed
# and receipted, until so many are stored. Before and after: the same closed loops; along the way: throughput. At the end
# the summary by item and unit, as the coordinator asks for it, beside a GROUP BY over the reports.

stored() { sql -c 'SELECT coalesce(sum(report_n), 0) FROM giaoviec.unit_log'; }
rows_read() { sql -c "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE schemaname = 'giaoviec'"; }

# measure WHEN: the closed loops, and how many rows a report reads.
measure() {
    local n read
    sql -c CHECKPOINT -c 'VACUUM (ANALYZE)' # what came before is not its business
    for round in $(seq "$rounds"); do
        under_load "history-one-$1" closed "$agents" 32 1 "$short"
        under_load "history-batch-$1" closed "$agents" 4 32 "$short"
    done
    round=0
    sleep 11 # an idle backend tells its counts after ten seconds
    n=$(stored) read=$(rows_read)
    tell closed "$agents" 32 1 "$short" >/dev/null
    sleep 11
    jq -nc --argjson rows $(($(rows_read) - read)) --argjson n $(($(stored) - n)) \
        '{phase: "history", rows_read_per_report: ($rows / ([$n, 1] | max))}' | keep "history-read-$1"
}

# timed RUNS STATEMENT [PREPARED]: the median of its times in ms, after one run for the caches, over one connection as a
# coordinator keeps it.
timed() {
    { printf '%s\n\\timing on\n\\o /dev/null\n' "${3-}"; for _ in $(seq 0 "$1"); do printf '%s;\n' "$2"; done; } |
        psql "$owner" -XAtq -v ON_ERROR_STOP=1 | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' |
        sed 1d | sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'
}

# The coordinator's own statements: of everybody, all directives, now; beside the least that counting reports takes.
summary_times() {
    local now items units group
    now=$(sql -c 'SELECT business_us FROM giaoviec.deployment')
    items=$(timed 5 "EXECUTE q('{}', NULL, '{}', NULL, 100000, $now)" "PREPARE q AS $(cat "$top/server/store/sql/query_summary_items.sql");")
    units=$(timed 5 "EXECUTE q('{}', NULL, '{}', NULL, 100000, $now)" "PREPARE q AS $(cat "$top/server/store/sql/query_summary_units.sql");")
    group=$(timed 3 'SELECT item, unit_id, state_to, count(*) FROM giaoviec.ledger WHERE report_n IS NOT NULL GROUP BY 1, 2, 3')
    jq -nc --argjson items "$items" --argjson units "$units" --argjson group "$group" --argjson n "$(stored)" --argjson assignments $((holders * 100)) \
        --argjson recount "$(cat "$dir/recount_ms")" \
        '{phase: "summary", reports: $n, assignments: $assignments, items_ms: $items, units_ms: $units, group_by_ms: $group, recount_ms: $recount}'
}

part_history() {
    local until n
    deployment_begin "$holders"
    directive_new 1 "$holders" 10 5 # an act holds 65,536 items
    directive_new 2 "$holders" 10 5
    fleet_begin "$holders"
    connect "$holders"
    fan_out fan-out-tasks 1 $((holders * 50)) 0
    fan_out fan-out-tasks 2 $((holders * 50)) $((holders * 50))
    say "load over no history"
    measure zero
    until=$((SECONDS + filling)) n=$(stored)
    while [ "$n" -lt "$reports" ] && [ $SECONDS -lt $until ]; do
        say "$n of $reports reports are stored"
        under_load "stored-$n" closed "$holders" 4 32 $((filling / 40)) # so many bars at most
        n=$(stored)
    done
    say "load over $n reports"
    measure full
    say "the summary of $n reports"
    figures_count
    summary_times | keep summary
    fleet_end
    deployment_end
}
