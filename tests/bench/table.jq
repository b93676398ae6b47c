# What summary.jq made, as Markdown.
def n($d): if . == null then "–" else (. * pow(10; $d) | round) / pow(10; $d) | tostring end;
def ms: if . == null then "–" else (. / 1000 | if . < 10 then n(2) else n(0) end) end;
def row(cells): "| " + (cells | join(" | ")) + " |";
def head(cells): row(cells), row(cells | map("---"));
. as $s
| "# Speed of giaoviec", "",
  "\(.date), \(.commit), \(.cpu), \(.cores) cores shared by load generator, coordinator and PostgreSQL. Medians; each ratio within one round.", "",
  "## What this machine can do", "",
  head(["Ed25519 verifications/s, one core", "signatures/s, one core", "fdatasync/s", "`unnest` rows/s, same tables", "pgbench INSERT/s, 32 connections", "one INSERT p50 / p99", "its CPU in PostgreSQL", "and of a row of `unnest`"]),
  row([(.machine.verify_per_s_core | n(0)), (.machine.sign_per_s_core | n(0)), (.machine.fdatasync_per_s | n(0)), (.machine.unnest_rows_per_s | n(0)),
       (.machine.pgbench_insert_32_per_s | n(0)), "\(.machine.insert_p50_us | ms) / \(.machine.insert_p99_us | ms) ms", "\(.machine.insert_cpu_us | n(0)) µs", "\(.machine.unnest_cpu_us | n(1)) µs"]), "",
  "## Reports", "",
  "µs: CPU time an envelope. Beyond: coordinator's without one verification.", "",
  head(["agents × window, entries", "envelopes/s", "reports/s", "p50", "p99", "p99.9 ms", "coordinator µs", "beyond µs", "PostgreSQL µs", "rows a commit", "commits/s", "WAL bytes a report", "÷ verify/s", "÷ unnest/s", "÷ pgbench", "p50 ÷ INSERT", "p99 ÷ p50"]),
  (.load[] | row(["\(.agents) × \(if .phase == "open" then "open, \(.rate | n(0))/s" else .window end), \(.entries)",
    (.envelopes_per_s | n(0)), (.reports_per_s | n(0)), (.p50_us | ms), (.p99_us | ms), (.p999_us | ms),
    (.coordinator_us | n(1)), (.ratio.beyond_verify_us | n(1)), (.postgres_us | n(1)), (.rows_per_commit | n(1)), (.commits_per_s | n(0)),
    (.wal_bytes_per_report | n(0)), (.ratio.to_verify | n(2)), (.ratio.to_unnest | n(2)), (.ratio.to_pgbench | n(2)), (.ratio.p50_to_insert | n(2)), (.ratio.p99_to_p50 | n(2))])),
  "",
  "Coordinator's threads, µs an envelope:", "",
  (["ZMQbg/IO/0", "front", "verify", "reports", "deliver", "duties", "guard"] as $threads
   | head(["agents × window, entries"] + $threads),
     ($s.load[] | . as $l | row(["\(.agents) × \(.window), \(.entries)"] + [$threads[] | $l.threads[.] // 0 | n(1)]))),
  "",
  "## All at once", "",
  (.once[] |
    if .phase == "connect" then "- \(.agents) agents enrol and connect: \(.ms | n(0)) ms, \(.cpu.coordinator.us_per_op | n(0)) µs each of the coordinator; \((.cpu.coordinator.rss_kib - .cpu.coordinator.rss_kib_before) / .agents | n(1)) KiB of its memory each"
    elif .phase == "orders" then "- one directive to \(.orders) units: \(.issue_to_last_ms | n(0)) ms from the command to the last order received; coordinator \(.cpu.coordinator.us_per_op | n(0)) µs an order, \(.cpu.coordinator.us_per_op / (1e6 / $s.machine.verify_per_s_core + 1e6 / $s.machine.sign_per_s_core) | n(2)) × (one signature + one verification)"
    elif .phase == "idle" then "- \(.agents) agents idle: coordinator \(.cpu.coordinator.us / .seconds / 10000 | n(2)) % of a core, PostgreSQL \(.cpu.postgres.us / .seconds / 10000 | n(2)) %"
    else "- coordinator killed under \(.agents) agents and started again: all back after \(.all_back_ms | n(0)) ms (p50 \(.back.p50_us | ms) ms, p99 \(.back.p99_us | ms) ms)" end),
  "",
  if .peers == [] then empty else
    "## Others on the same disk: a 200-byte job, confirmed durably, nothing signed", "",
    head(["peer", "clients × window", "jobs/s", "p50 ms", "p99 ms", "server µs a job", "syncs a job", "what it did not do"]),
    (.peers[] | row([.peer, "\(.clients) × \(.window)\(if .batch then ", \(.batch) at once" else "" end)", (.jobs_per_s | n(0)), (.p50_us | ms), (.p99_us | ms),
                     (.server_us | n(1)), (.syncs_per_job | n(2)), .without])),
    "", "Ours against theirs:", "", head(["", "ratio"]), (.against[] | row([.what, (.ratio | n(2))])), ""
  end
