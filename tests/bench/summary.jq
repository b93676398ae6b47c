# results.json -> one object a measurement: medians over the rounds; every ratio within one round.
def median: sort | if length == 0 then null else .[(length - 1) / 2 | floor] end;
def machine($all): $all | map(select(.name == "machine")) | INDEX(.round);
.results as $all
| machine($all) as $machines
| ($machines | to_entries[0].value) as $any
| {
    date, commit, cpu, cores,
    machine: ([$all[] | select(.name == "machine")] | {
        verify_per_s_core: (map(.verify_per_s_core) | median), sign_per_s_core: (map(.sign_per_s_core) | median),
        fdatasync_per_s: (map(.fdatasync_per_s) | median), unnest_rows_per_s: (map(.unnest_rows_per_s) | median),
        pgbench_insert_32_per_s: (map(.pgbench_insert_32_per_s) | median), insert_per_s: (map(.insert_per_s) | median),
        insert_p50_us: (map(.insert.p50_us) | median), insert_p99_us: (map(.insert.p99_us) | median), unnest_cpu_us: (map(.unnest_cpu_us) | median),
        insert_cpu_us: (map(.insert_cpu_us) | median)}),
    load: ([$all[] | select(.phase == "closed" or .phase == "open")
        | ($machines[.round | tostring] // $any) as $m
        | . + {ratio: {
            beyond_verify_us: (.cpu.coordinator.us_per_op - 1e6 / $m.verify_per_s_core),
            to_verify: (.envelopes_per_s / $m.verify_per_s_core), to_sync: (.envelopes_per_s / $m.fdatasync_per_s),
            to_unnest: (.reports_per_s / $m.unnest_rows_per_s), to_pgbench: (.envelopes_per_s / $m.pgbench_insert_32_per_s),
            p50_to_insert: (.latency.p50_us / $m.insert.p50_us), p99_to_p50: (.latency.p99_us / .latency.p50_us)}}]
        | group_by(.name) | map(. as $rounds | .[0] | {
            name, phase, agents, window, entries, rate,
            envelopes_per_s: ($rounds | map(.envelopes_per_s) | median), reports_per_s: ($rounds | map(.reports_per_s) | median),
            p50_us: ($rounds | map(.latency.p50_us) | median), p99_us: ($rounds | map(.latency.p99_us) | median),
            p999_us: ($rounds | map(.latency.p999_us) | median),
            sent_late_p99_us: ($rounds | map(.sent_late.p99_us // empty) | median),
            coordinator_us: ($rounds | map(.cpu.coordinator.us_per_op) | median),
            postgres_us: ($rounds | map(.cpu.postgres.us_per_op) | median),
            fleet_us: ($rounds | map(.cpu.fleet.us_per_op) | median),
            threads: (reduce ($rounds[0].cpu.coordinator.by | keys_unsorted[]) as $t ({};
                .[$t] = ($rounds | map(.cpu.coordinator.by[$t] // 0) | median))),
            rows_per_commit: ($rounds | map(.rows_per_commit) | median), commits_per_s: ($rounds | map(.commits_per_s) | median),
            wal_bytes_per_report: ($rounds | map(.wal_bytes_per_report) | median),
            rss_kib: ($rounds | map(.cpu.coordinator.rss_kib) | max),
            ratio: (reduce ($rounds[0].ratio | keys_unsorted[]) as $k ({}; .[$k] = ($rounds | map(.ratio[$k]) | median)))})),
    once: [$all[] | select(.phase | IN("connect", "orders", "idle", "storm")) | del(.round)],
    peers: ([$all[] | select(.phase == "peer")] | group_by(.name) | map(. as $rounds | .[0] + {
        jobs_per_s: ($rounds | map(.jobs_per_s // empty) | median), p50_us: ($rounds | map(.latency.p50_us) | median),
        p99_us: ($rounds | map(.latency.p99_us) | median), server_us: ($rounds | map(.server_us // empty) | median)}
        | del(.latency, .round)))
  }
| . + {against: (. as $s
    | def ours($name): first($s.load[] | select(.name == $name));
      def theirs($name): first($s.peers[] | select(.name == $name));
      if .peers == [] then [] else [
        ("gearmand", "beanstalkd", "rabbitmq-durable", "rabbitmq-quorum"
         | {what: "one-report envelopes/s, 32 × 32, ÷ \(.)", ratio: (ours("one-32x32").envelopes_per_s / theirs(. + "-32x32").jobs_per_s)}),
        ("rabbitmq-quorum-32x32", "gearmand-32x32", "graphile-batch", "redis-32x32"
         | {what: "reports/s in envelopes of 32 ÷ \(.)", ratio: (ours("batch-4x100").reports_per_s / theirs(.).jobs_per_s)}),
        {what: "32 agents, one in flight each, ÷ rabbitmq-quorum 32 × 1", ratio: (ours("one-1x32").envelopes_per_s / theirs("rabbitmq-quorum-32x1").jobs_per_s)},
        {what: "p99 of these ÷ that of rabbitmq-quorum 32 × 1", ratio: (ours("one-1x32").p99_us / theirs("rabbitmq-quorum-32x1").p99_us)}] end)}
