# What summary.jq made, as Markdown.
def n($d): if . == null then "–" else (. * pow(10; $d) | round) / pow(10; $d) | tostring end;
def ms: if . == null then "–" else (. / 1000 | if . < 10 then n(2) else n(0) end) end;
def row(cells): "| " + (cells | join(" | ")) + " |";
def head(cells): row(cells), row(cells | map("---"));
. as $s
| "# Speed of giaoviec", "",
  "\(.date), \(.commit), \(.cpu), \(.cores) cores shared by load generator, coordinator and PostgreSQL. Medians; ratios within one round, those to other people's queues within one run.", "",
  "## Figures to reach", "",
  head(["what", "seen", "goal", "met"]),
  (.figures[] | row(["\(.what)\(if .n then " (n = \(.n))" else "" end)", (.seen | n(3)), "\(if .more then "≥" else "≤" end) \(.goal)", (if .met == null then "not measured" elif .met then "yes" else "no" end)])),
  "",
  if .machine.verify_per_s_core == null then empty else
    "## What this machine can do", "",
    head(["Ed25519 verifications/s, one core", "signatures/s, one core", "one of each while all cores are busy", "fdatasync/s", "`unnest` rows/s, same tables", "pgbench INSERT/s, 32 connections", "one INSERT p50 / p99", "its CPU in PostgreSQL", "and of a row of `unnest`"]),
    row([(.machine.verify_per_s_core | n(0)), (.machine.sign_per_s_core | n(0)), "\(.machine.verify_busy_us | n(1)), \(.machine.sign_busy_us | n(1)) µs", (.machine.fdatasync_per_s | n(0)), (.machine.unnest_rows_per_s | n(0)),
         (.machine.pgbench_insert_32_per_s | n(0)), "\(.machine.insert_p50_us | ms) / \(.machine.insert_p99_us | ms) ms", "\(.machine.insert_cpu_us | n(0)) µs", "\(.machine.unnest_cpu_us | n(1)) µs"]), ""
  end,
  if .load == [] then empty else
    "## Reports", "",
    "µs: CPU time an envelope. Beyond: coordinator's without one verification as busy cores do it.", "",
    head(["", "agents × window, entries", "envelopes/s", "reports/s", "p50", "p99", "p99.9 ms", "coordinator µs", "beyond µs", "PostgreSQL µs", "load µs", "of all cores", "rows a commit", "commits/s", "WAL bytes a report", "÷ verify/s", "÷ unnest/s", "÷ pgbench", "p50 ÷ INSERT", "p99 ÷ p50"]),
    (.load[] | row([.name, "\(.agents) × \(if .phase == "open" then "open, \(.rate | n(0))/s" else .window end), \(.entries)",
      (.envelopes_per_s | n(0)), (.reports_per_s | n(0)), (.p50_us | ms), (.p99_us | ms), (.p999_us | ms),
      (.coordinator_us | n(1)), (.ratio.beyond_verify_us | n(1)), (.postgres_us | n(1)), (.fleet_us | n(1)), "\(.ratio.busy * 100 | n(0)) %", (.rows_per_commit | n(1)), (.commits_per_s | n(0)),
      (.wal_bytes_per_report | n(0)), (.ratio.to_verify | n(2)), (.ratio.to_unnest | n(2)), (.ratio.to_pgbench | n(2)), (.ratio.p50_to_insert | n(2)), (.ratio.p99_to_p50 | n(2))])),
    ""
  end,
  ([.load[], .fan_out[] , (.idle | select(. != null) | {name: "idle, a second", threads})] as $all
    | if $all == [] then empty else
        "## Where the coordinator's time goes", "",
        "µs of its threads for an envelope; of a fan-out for an order. ZMQbg: libzmq's, 0 of enrolment.", "",
        (["ZMQbg/IO/0", "ZMQbg/IO/1", "front", "verify", "reports", "acts", "deliver", "reads", "duties", "guard", "space"] as $threads
         | head([""] + $threads),
           ($all[] | . as $l | row([.name] + [$threads[] | $l.threads[.] // 0 | n(1)]))),
        ""
      end),
  "## Beside reports", "",
  (.connect[] | "- \(.agents) agents enrol and connect: \(.ms | n(0)) ms, \(.coordinator_us | n(0)) µs each of the coordinator, \(.kib_each | n(1)) KiB of its memory each"),
  (.fan_out[] | "- one directive to \(.agents) units, \(.orders) orders: \(.issue_to_last_ms | n(0)) ms from the command until the last is acknowledged; an order takes \(.coordinator_us | n(0)) µs of the coordinator, \(.postgres_us | n(0)) µs of PostgreSQL"),
  (.order | select(. != null) | "- one order at a time (\(.count)): from its commit until its receipt is there p50 \(.p50_us | ms) ms, p99 \(.p99_us | ms) ms"),
  (.storm | select(. != null) | "- coordinator killed under \(.agents) agents, up again after \(.down_ms | n(0)) ms: all back after \(.all_back_ms | n(0)) ms, \(.since_up_ms | n(0)) ms of them since it was up; it dictates \(.window_ms) ms; as many bare CURVE connections take \(.bare_ms | n(0)) ms. Meanwhile \(.meanwhile) reports of those back: p50 \(.p50_us | ms) ms, p99 \(.p99_us | ms) ms"),
  (.idle | select(. != null) | "- \(.agents) agents idle: coordinator \(.percent | n(2)) % of a core (libzmq alone \(.bare_percent | n(2)) %), PostgreSQL \(.postgres_percent | n(2)) %; \(.kib_each | n(1)) KiB each (libzmq alone \(.bare_kib_each | n(1)))"),
  (.agent[] | "- agent of \(.units) unit(s), idle: \(.rss_kib / 1024 | n(1)) MiB, \(.cpu_percent | n(3)) % of a core"),
  (.history | select(. != null) | "- \(.reports) reports over \(.assignments) assignments: summary by item \(.items_ms | n(1)) ms, by unit \(.units_ms | n(1)) ms; GROUP BY over the reports \(.group_by_ms | n(0)) ms; a recount of the summary \(.recount_ms | n(0)) ms. Rows that PostgreSQL reads for a report: \($s.rows_read.zero | n(2)) over none, \($s.rows_read.full | n(2)) over all"),
  "",
  if .peers == [] then empty else
    "## Others on the same disk: a 200-byte job, confirmed durably, nothing signed", "",
    head(["peer", "clients × window", "jobs/s", "p50 ms", "p99 ms", "server µs a job", "syncs a job", "what it did not do"]),
    (.peers[] | row([.peer, "\(.clients) × \(.window)\(if .batch then ", \(.batch) at once" else "" end)", (.jobs_per_s | n(0)), (.p50_us | ms), (.p99_us | ms),
                     (.server_us | n(1)), (.syncs_per_job | n(2)), .without])), ""
  end
