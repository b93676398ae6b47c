# results.json -> one object a measurement: medians over the rounds; every ratio within one round or one record. Then the
# figures to reach: what, n (of how many), seen, goal, met (null: not measured in this run).
def median: map(values) | sort | if length == 0 then null else (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2 end;
# Of an array of objects with numbers: the object of their medians.
def medians: . as $each | reduce (.[0] | keys_unsorted[]) as $k ({};
    .[$k] = ($each | map(.[$k]) | median));
def over($y): if . == null or $y == null or $y == 0 then null else . / $y end;
def minus($y): if . == null or $y == null then null else . - $y end;
.results as $all
| .cores as $cores
| ($all | map(select(.name == "machine"))) as $runs
| ($runs | INDEX(.round)) as $machines
| {
    date, commit, cpu, cores,
    machine: ($runs | {
        verify_per_s_core: (map(.verify_per_s_core) | median), sign_per_s_core: (map(.sign_per_s_core) | median),
        verify_busy_us: (map(.verify_busy_us) | median), sign_busy_us: (map(.sign_busy_us) | median),
        fdatasync_per_s: (map(.fdatasync_per_s) | median), unnest_rows_per_s: (map(.unnest_rows_per_s) | median),
        pgbench_insert_32_per_s: (map(.pgbench_insert_32_per_s) | median), insert_per_s: (map(.insert_per_s) | median),
        insert_p50_us: (map(.insert.p50_us) | median), insert_p99_us: (map(.insert.p99_us) | median), unnest_cpu_us: (map(.unnest_cpu_us) | median),
        insert_cpu_us: (map(.insert_cpu_us) | median)}),
    load: ([$all[] | select(.phase == "closed" or .phase == "open")
        | ($machines[.round | tostring] // $runs[0]) as $m
        | . + {ratio: {
            beyond_verify_us: (.cpu.coordinator.us_per_op | minus($m.verify_busy_us)),
            to_verify: (.envelopes_per_s | over($m.verify_per_s_core)), to_sync: (.envelopes_per_s | over($m.fdatasync_per_s)),
            busy: (.envelopes_per_s * (.cpu.coordinator.us_per_op + .cpu.postgres.us_per_op + .cpu.fleet.us_per_op) / 1e6 / $cores),
            to_unnest: (.reports_per_s | over($m.unnest_rows_per_s)), to_pgbench: (.envelopes_per_s | over($m.pgbench_insert_32_per_s)),
            p50_to_insert: (.latency.p50_us | over($m.insert.p50_us)), p99_to_p50: (.latency as $l | $l.p99_us | over($l.p50_us))}}]
        | group_by(.name) | map(. as $rounds | .[0] | {
            name, phase, agents, window, entries, rate, receipted_ever,
            envelopes_per_s: ($rounds | map(.envelopes_per_s) | median), reports_per_s: ($rounds | map(.reports_per_s) | median),
            p50_us: ($rounds | map(.latency.p50_us) | median), p99_us: ($rounds | map(.latency.p99_us) | median),
            p999_us: ($rounds | map(.latency.p999_us) | median),
            sent_late_p99_us: ($rounds | map(.sent_late.p99_us) | median),
            coordinator_us: ($rounds | map(.cpu.coordinator.us_per_op) | median),
            postgres_us: ($rounds | map(.cpu.postgres.us_per_op) | median),
            fleet_us: ($rounds | map(.cpu.fleet.us_per_op) | median),
            threads: ($rounds | map(.cpu.coordinator.by) | medians),
            rows_per_commit: ($rounds | map(.rows_per_commit) | median), commits_per_s: ($rounds | map(.commits_per_s) | median),
            wal_bytes_per_report: ($rounds | map(.wal_bytes_per_report) | median),
            rss_kib: ($rounds | map(.cpu.coordinator.rss_kib) | max),
            ratio: ($rounds | map(.ratio) | medians)})),
    connect: [$all[] | select(.phase == "connect") | {
        agents, ms, coordinator_us: .cpu.coordinator.us_per_op, kib_each: ((.cpu.coordinator.rss_kib - .cpu.coordinator.rss_kib_before) / .agents)}],
    fan_out: ([$all[] | select(.phase == "orders")
        | . + {ratio: (.cpu.coordinator.us_per_op / (.verify_busy_us + .sign_busy_us))}]
        | group_by(.name) | map(. as $rounds | {
            name: .[0].name, agents: .[0].agents, orders: .[0].ops, coordinator_us: ($rounds | map(.cpu.coordinator.us_per_op) | median),
            postgres_us: ($rounds | map(.cpu.postgres.us_per_op) | median), fleet_us: ($rounds | map(.cpu.fleet.us_per_op) | median),
            threads: ($rounds | map(.cpu.coordinator.by) | medians),
            issue_to_last_ms: ($rounds | map(.issue_to_last_ms) | median), ratio: ($rounds | map(.ratio) | median)})),
    storm: ([$all[] | select(.phase == "storm") | . + {since_up_ms: ([.all_back_ms - .down_ms, 0] | max)}]
        | if . == [] then null else {
            agents: .[0].agents, window_ms: .[0].window_ms, bare_ms: (map(.bare.connect_ms) | median), down_ms: (map(.down_ms) | median),
            all_back_ms: (map(.all_back_ms) | median), since_up_ms: (map(.since_up_ms) | median),
            ratio: (map(.since_up_ms / .bare.connect_ms) | median), to_window: (map(.since_up_ms / .window_ms) | median),
            meanwhile: (map(.meanwhile.count) | median), p50_us: (map(.meanwhile.p50_us) | median), p99_us: (map(.meanwhile.p99_us) | median)} end),
    idle: ([$all[] | select(.phase == "idle")] | if . == [] then null else .[0].agents as $n | {
        agents: $n, percent: (map(.cpu.coordinator.us / .seconds / 10000) | median), postgres_percent: (map(.cpu.postgres.us / .seconds / 10000) | median),
        kib_each: ((.[0].cpu.coordinator.rss_kib - first($all[] | select(.phase == "connect" and .agents == $n)
            | .cpu.coordinator.rss_kib_before)) / $n),
        threads: (map(.seconds as $s | .cpu.coordinator.by | map_values(. / $s)) | medians),
        bare_kib_each: .[0].bare.kib_each, bare_percent: .[0].bare.idle_percent} end),
    order: first(($all[] | select(.phase == "order") | {count: .latency.count, p50_us: .latency.p50_us, p99_us: .latency.p99_us}), null),
    agent: [$all[] | select(.phase == "agent") | {units, rss_kib, cpu_percent}],
    history: first(($all[] | select(.phase == "summary")), null),
    rows_read: ([$all[] | select(.phase == "history") | {(.name | ltrimstr("history-read-")): .rows_read_per_report}] | add),
    peers: ([$all[] | select(.phase == "peer")] | group_by(.name) | map(. as $rounds | .[0] + {
        jobs_per_s: ($rounds | map(.jobs_per_s) | median), p50_us: ($rounds | map(.latency.p50_us) | median),
        p99_us: ($rounds | map(.latency.p99_us) | median), server_us: ($rounds | map(.server_us) | median)}
        | del(.latency, .round)))
  }
| . as $s
| def ours($name): first(($s.load[] | select(.name == $name)), null);
  def theirs($name): first(($s.peers[] | select(.name == $name)), null);
  def agent($many): first(($s.agent[] | select((.units > 1) == $many)), null);
  def most($what; $seen; $goal): {what: $what, seen: $seen, goal: $goal, more: false, met: (if $seen == null then null else $seen <= $goal end)};
  def least($what; $seen; $goal): {what: $what, seen: $seen, goal: $goal, more: true, met: (if $seen == null then null else $seen >= $goal end)};
  def grown($key; $field): ours("history-\($key)-full")[$field] | over(ours("history-\($key)-zero")[$field]);
  . + {figures: [
    most("one report an envelope: CPU of the coordinator beyond one verification (of busy cores), µs"; ours("one-32x100").ratio.beyond_verify_us; 12),
    ((["gearmand", 8], ["beanstalkd", 4], ["rabbitmq-durable", 1.2], ["rabbitmq-quorum", 0.5]) as [$peer, $goal]
        | least("the same, 32 × 32: envelopes/s ÷ \($peer)"; ours("one-32x32").envelopes_per_s | over(theirs($peer + "-32x32").jobs_per_s); $goal)),
    least("the same ÷ pgbench, single INSERT on 32 connections"; ours("one-32x32").ratio.to_pgbench; 1.2),
    ((["rabbitmq-quorum-32x32", 2], ["gearmand-32x32", 35], ["graphile-batch", 2], ["redis-32x32", 0.35]) as [$peer, $goal]
        | least("reports/s in envelopes of 32 ÷ \($peer)"; ours("batch-4x100").reports_per_s | over(theirs($peer).jobs_per_s); $goal)),
    most("lone report: p50 ÷ that of a bare one-row INSERT"; ours("one-1x1").ratio.p50_to_insert; 2.5),
    most("lone report: p99 ÷ p50"; ours("one-1x1").ratio.p99_to_p50; 4),
    least("32 agents, one in flight each, ÷ rabbitmq-quorum 32 × 1"; ours("one-1x32").envelopes_per_s | over(theirs("rabbitmq-quorum-32x1").jobs_per_s); 1.1),
    most("p99 of these ÷ that of rabbitmq-quorum 32 × 1"; ours("one-1x32").p99_us | over(theirs("rabbitmq-quorum-32x1").p99_us); 1),
    most("order committed → stored and acknowledged, p50 ÷ graphile-worker submit → start"; $s.order.p50_us | over(theirs("graphile-start").p50_us); 0.5),
    (first(($s.fan_out[] | select(.name == "fan-out")), null) as $f
        | most("directive to n units: CPU of the coordinator an order ÷ (one signature + one verification, of busy cores)"; $f.ratio; 2) + {n: $f.orders}),
    most("n idle agents: KiB each in the coordinator"; $s.idle.kib_each; 45) + {n: $s.idle.agents},
    most("the same: CPU of the coordinator, % of a core"; $s.idle.percent; 5),
    ($s.storm | ((.ratio // 2) <= 1.3 or (.to_window // 2) <= 1) as $either
        | (most("coordinator killed under n agents: all back, since it is up again, ÷ bare CURVE connect of n (or the next)"; .ratio; 1.3) + {n: .agents},
           most("the same ÷ the window that it dictates"; .to_window; 1)) | if .met == null then . else .met = $either end),
    most("the same: p99 of a report of those already back, s"; $s.storm.p99_us | over(1e6); 2),
    most("summary by item and unit over n reports ÷ GROUP BY over them"; $s.history | if . == null then null else (.items_ms + .units_ms) / .group_by_ms end; 0.05)
        + {n: $s.history.reports},
    most("rows that PostgreSQL reads for a report, over these ÷ over none"; $s.rows_read.full | over($s.rows_read.zero); 1.1),
    least("envelopes/s of one report over these ÷ over none"; grown("one"; "envelopes_per_s"); 0.9),
    least("reports/s in envelopes of 32 over these ÷ over none"; grown("batch"; "reports_per_s"); 0.9),
    most("agent of one unit, idle: MiB"; agent(false).rss_kib | over(1024); 10),
    most("the same: % of a core (0.1: hardly to be measured)"; agent(false).cpu_percent; 0.1),
    most("agent of n units: MiB"; agent(true).rss_kib | over(1024); 150) + {n: agent(true).units}
  ]}
