# shellcheck shell=bash disable=SC2154 # variables are shared with run
# The real agent: what it takes while nothing happens, alone and for many units; and how long one order takes from the
# act's commit until the coordinator has the receipt of an agent that stored it.

agent_file() { # NAME UNITS…
    local unit
    printf '[agent]\ndata = %s\nlang = en\nreconnect_window_ms = 0\n' "$dir/agents/$1" >"$dir/agents/$1.conf"
    for unit in "${@:2}"; do printf '\n[unit %s]\ntoken = %s\n' "$unit" "$dir/tokens/$unit.token"; done >>"$dir/agents/$1.conf"
}
# start_agent NAME: its pid is the last of $agent_pids.
start_agent() {
    mkdir -p "$dir/agents/$1"
    giaoviec-agent run --config "$dir/agents/$1.conf" >"$dir/agent-$1.log" 2>&1 &
    agent_pids+=" $!"
}
enrolled() { [ "$(sql -c 'SELECT count(*) FROM giaoviec.unit_log WHERE key_id IS NOT NULL')" -ge "$1" ]; }

# spent PID SECONDS: its memory, and CPU time while it is left alone.
spent() {
    local before
    before=$(cpu_us "$1")
    sleep "$2"
    printf '{"rss_kib": %d, "cpu_percent": %s}\n' "$(awk '/^VmRSS/ {print $2}' "/proc/$1/status")" \
        "$(awk -v us=$(($(cpu_us "$1") - before)) -v s="$2" 'BEGIN {print us / s / 10000}')"
}
cpu_us() { cat /proc/"$1"/task/*/schedstat | awk '{n += $1} END {printf "%d\n", n / 1000}'; }

# order_latency: the assignments of all that never came go one by one to the unit that has an agent of its own, each when the
# one before has its receipt; so an act orders one unit only. From the commit's own stamp (before it is flushed) until the
# receipt is in a batch. Whoever asks too early takes the processors.
order_latency() {
    local id
    sql -c "SELECT giaoviec.hex(assignment) FROM giaoviec.assignment JOIN giaoviec.unit USING (unit_id) JOIN giaoviec.unit_log USING (unit_id)
        WHERE key_id IS NULL AND code <> 'VP' ORDER BY code" >"$dir/ids"
    while read -r id; do
        giaoviec assignment transfer "$id" --to U00001 --reason bench --yes >"$dir/transfer.log" 2>&1 </dev/null ||
            { cat "$dir/transfer.log" >&2; exit 1; }
        sleep 0.1
        wait_until "acknowledgements" 60 all_acknowledged
    done <"$dir/ids"
    sql <<'SQL'
SELECT json_build_object('phase', 'order', 'latency', json_build_object('count', count(*),
    'p50_us', percentile_disc(0.5) WITHIN GROUP (ORDER BY us), 'p99_us', percentile_disc(0.99) WITHIN GROUP (ORDER BY us)))
FROM (SELECT (extract(epoch FROM held.recorded - pg_xact_commit_timestamp(given.xid::xid)) * 1000000)::bigint AS us
      FROM giaoviec.ledger given JOIN giaoviec.ledger held USING (assignment, epoch)
      WHERE epoch = 2 AND given.state_to = 2 AND held.kind = 2 AND held.state_to = 3) x;
SQL
}

part_agent() {
    local lone all units=$((1 + many + singles)) # one, many, and those that never come
    agent_pids=''
    commits_stamped=1 deployment_begin $units
    directive_new 1 $units 1 1
    mkdir -p "$dir/agents"
    agent_file lone U00001
    # shellcheck disable=SC2046 # words
    agent_file all $(seq -f 'U%05.0f' 2 $((many + 1)))
    start_agent lone
    lone=${agent_pids##* }
    wait_until "the agent" 60 enrolled 1
    start_agent all
    all=${agent_pids##* }
    say "one agent process for $many units"
    wait_until "$many units" 300 enrolled $((many + 1))
    directive issue 1
    wait_until "acknowledgements" 300 all_acknowledged
    if wants agent; then
        sleep 5
        spent "$lone" $((seconds * 2)) | jq -c '{phase: "agent", units: 1} + .' | keep agent-1
        spent "$all" $((seconds * 2)) | jq -c --argjson n "$many" '{phase: "agent", units: $n} + .' | keep agent-many
    fi
    if wants orders; then
        say "$singles orders one by one"
        order_latency | keep order
    fi
    kill "$lone" "$all"
    wait "$lone" "$all" 2>/dev/null || true
    agent_pids=''
    deployment_end
}
