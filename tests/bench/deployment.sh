# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources it
# A deployment of the bench's own: a private PostgreSQL, one coordinator, units that are only names, and one
# directive with one task that every unit leads. Functions answer in variables: dir, server, postmaster, owner, reader.
# Set before: top (the source folder).

# bench_begin BUILD: its programs, in a folder of this run that goes with it.
bench_begin() {
    export PATH=$1/client:$1/server:$1/tests:$PATH GIAOVIEC_DATA=$top/deploy/data GIAOVIEC_LANG=en GIAOVIEC_AS=admin
    dir=$(mktemp -d /var/tmp/giaoviec-bench.XXXXXX)
    chmod 711 "$dir"
    export GIAOVIEC_HOME=$dir/home
    server='' fleet=''
    trap bench_end EXIT
    trap 'exit 143' INT TERM HUP
}
bench_end() {
    [ -z "$fleet" ] || kill "$fleet" 2>/dev/null || true
    deployment_end
    rm -rf -- "$dir"
}

# deployment_files DIR UNITS
deployment_files() {
    mkdir -p "$1"
    printf 'code\tname_vi\tname_en\tgroup\tfields\n' >"$1/units.tsv"
    awk -v n="$2" 'BEGIN {for (i = 1; i <= n; i++) printf "U%05d\tĐơn vị %d\tUnit %d\tdepartment\tBENCH\n", i, i, i
        printf "VP\tVăn phòng\tOffice\tparty-organ\tCOORD\n"}' >>"$1/units.tsv"
    cat >"$1/letter.txt" <<'LETTER'
Số: 1-CV/TU

V/v báo cáo tiến độ

Kính gửi: Các đơn vị.

1. Các đơn vị báo cáo tiến độ hằng ngày.

Nơi nhận:

- Như trên;
LETTER
    {
        cat <<'HEAD'
format: giaoviec-breakdown/1
version: 1
author: Văn phòng
written: 2024-01-02
letter: {notation: 1-CV/TU, issuer: Tỉnh ủy, date: 2024-01-02}
provenance: {words: letter, gloss: office, kinds: office, field: office, lead: office, supervisor: office, due: office}
groups:
  all:
    title: Các đơn vị
    origin: letter
HEAD
        awk -v n="$2" 'BEGIN {printf "    members: ["; for (i = 1; i <= n; i++) printf("%sU%05d", (i > 1 ? ", " : ""), i); print "]"}'
        cat <<'TASK'
tasks:
  - number: "1.1"
    words: báo cáo tiến độ hằng ngày
    gloss: report progress every day
    kinds: [CONTINUOUS]
    field: BENCH
    lead: all
    supervisor: VP
    due: 2024-12-31
TASK
    } >"$1/breakdown.yaml"
}

wait_for() { # FILE PATTERN SECONDS
    for _ in $(seq $(($3 * 10))); do
        grep -q "$2" "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    echo "bench: '$2' did not come within $3 s; the last lines:" >&2
    tail -n 20 "$dir"/*.log >&2
    exit 1
}

# The coordinator, ready; what its private cluster is called.
start_server() {
    giaoviecd run --home "$dir/home" --as c1 --data "$dir/data" --clock-start 2024-01-02 --log warn \
        >"$dir/server.out" 2>>"$dir/server.log" &
    server=$!
    wait_for "$dir/server.out" ready 60
    postmaster=$(head -n 1 "$dir/data/postgresql/postmaster.pid")
}

stop_server() { # SIGNAL
    kill "-$1" "$server"
    wait "$server" 2>/dev/null || true
    server=''
}

# deployment_begin UNITS: its units have tokens, its directive is approved, nothing is issued.
deployment_begin() {
    local port
    rm -rf "${dir:?}/home" "$dir/data" "$dir/tokens" "$dir/files" "$dir/server.log"
    mkdir -p "$dir/data"
    chmod 711 "$dir/data"
    deployment_files "$dir/files" "$1"
    port=$((20000 + RANDOM % 20000))
    {
        giaoviec deployment init --home "$dir/home" --name bench --demonstration --yes \
            --coordinator "c1=tcp://127.0.0.1:$port,tcp://127.0.0.1:$((port + 1))" --person admin=admin:Bench
        mapfile -t strings < <(giaoviecd db start --data "$dir/data")
        start_server
        giaoviec unit register "$dir/files/units.tsv" --yes
        giaoviec unit token --all --out "$dir/tokens" --yes
        giaoviec directive approve "$dir/files/letter.txt" "$dir/files/breakdown.yaml" --yes
    } >"$dir/setup.log" 2>&1 || { cat "$dir/setup.log" >&2; exit 1; }
    rm -f "$dir/tokens/VP.token"
    owner=${strings[0]} reader=${strings[2]}
}

issue_directive() {
    giaoviec directive issue "$dir/files/letter.txt" "$dir/files/breakdown.yaml" --yes >"$dir/issue.log" 2>&1 ||
        { cat "$dir/issue.log" >&2; exit 1; }
}

deployment_end() {
    if [ -n "$server" ]; then stop_server TERM; fi
    giaoviecd db stop --data "$dir/data" >/dev/null 2>&1 || true
}

sql() { psql "$owner" -XAtq -v ON_ERROR_STOP=1 "$@"; }
