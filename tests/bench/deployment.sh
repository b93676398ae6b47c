# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources it
# A deployment of the bench's own: a private PostgreSQL, one coordinator, units that are only names, and directives
# whose every task every unit leads. Functions answer in variables: dir, server, postmaster, owner, reader.
# Set before: top (the source folder).

# bench_begin BUILD: its programs, in a folder of this run that goes with it.
bench_begin() {
    export PATH=$1/client:$1/server:$1/tests:$PATH GIAOVIEC_DATA=$top/deploy/data GIAOVIEC_LANG=en GIAOVIEC_AS=admin
    dir=$(mktemp -d /var/tmp/giaoviec-bench.XXXXXX)
    chmod 711 "$dir"
    export GIAOVIEC_HOME=$dir/home
    server='' fleet='' agent_pids='' asking=''
    trap bench_end EXIT
    trap 'exit 143' INT TERM HUP
}
bench_end() {
    local pid
    set +e
    for pid in $fleet $agent_pids $asking; do kill "$pid" 2>/dev/null || true; done
    deployment_end
    rm -rf -- "$dir"
}

# wait_until WHAT SECONDS COMMAND…
wait_until() {
    local what=$1 tries=$(($2 * 10))
    shift 2
    for _ in $(seq $tries); do
        "$@" && return 0
        sleep 0.1
    done
    echo "bench: in vain waited for: $what; the last lines:" >&2
    tail -n 20 "$dir"/*.log >&2
    exit 1
}
wait_for() { wait_until "'$2' in $1" "$3" grep -qs "$2" "$1"; } # FILE PATTERN SECONDS

# units_files DIR UNITS: DIR/units-…, of as many as an act registers
units_files() {
    awk -v n="$2" 'BEGIN {for (i = 1; i <= n; i++) printf "U%05d\tĐơn vị %d\tUnit %d\tdepartment\tBENCH\n", i, i, i
        printf "VP\tVăn phòng\tOffice\tparty-organ\tCOORD\n"}' | split -l 5000 - "$1/units-"
    sed -i '1i code\tname_vi\tname_en\tgroup\tfields' "$1"/units-*
}

# directive_files DIR NUMBER UNITS ITEMS TASKS: DIR/NUMBER.txt and .yaml, so many tasks an item; a group has at most 2000 units.
directive_files() {
    {
        printf 'Số: %s-CV/TU\n\nV/v báo cáo tiến độ\n\nKính gửi: Các đơn vị.\n\n' "$2"
        for item in $(seq "$4"); do printf '%s. Các đơn vị báo cáo tiến độ hằng ngày.\n\n' "$item"; done
        printf 'Nơi nhận:\n\n- Như trên;\n'
    } >"$1/$2.txt"
    {
        cat <<HEAD
format: giaoviec-breakdown/1
version: 1
author: Văn phòng
written: 2024-01-02
letter: {notation: $2-CV/TU, issuer: Tỉnh ủy, date: 2024-01-02}
provenance: {words: letter, gloss: office, kinds: office, field: office, lead: office, supervisor: office, due: office}
HEAD
        awk -v n="$3" -v items="$4" -v tasks="$5" 'BEGIN {
            print "groups:"
            for (g = 1; (g - 1) * 2000 < n; g++) {
                printf "  g%d: {title: Các đơn vị, origin: letter, members: [", g
                for (i = (g - 1) * 2000 + 1; i <= n && i <= g * 2000; i++) printf "%sU%05d", i % 2000 == 1 ? "" : ", ", i
                print "]}"
            }
            print "tasks:"
            for (i = 1; i <= items; i++) for (k = 1; k <= tasks * (g - 1); k++)
                printf "  - {number: \"%d.%d\", words: báo cáo tiến độ hằng ngày, gloss: report progress every day, kinds: [OUTCOME], " \
                    "field: BENCH, lead: g%d, supervisor: VP, due: 2024-12-31}\n", i, k, (k - 1) % (g - 1) + 1}'
    } >"$1/$2.yaml"
}

# The coordinator, ready; what its private cluster is called.
start_server() {
    : >"$dir/server.out" # of the one before
    giaoviecd run --home "$dir/home" --as c1 --data "$dir/data" --clock-start 2024-01-02 --log warn --enrol-rate 1000 \
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

# deployment_begin UNITS: its units have tokens. Where commits_stamped is set, the database keeps when each transaction was committed.
deployment_begin() {
    local port file
    rm -rf "${dir:?}/home" "$dir/data" "$dir/tokens" "$dir/files" "$dir/spools" "$dir/server.log"
    mkdir -p "$dir/data" "$dir/files" "$dir/spools"
    chmod 711 "$dir/data"
    units_files "$dir/files" "$1"
    port=$((20000 + RANDOM % 12000)) # below those that connections leave from
    {
        giaoviec deployment init --home "$dir/home" --name bench --demonstration --yes \
            --coordinator "c1=tcp://127.0.0.1:$port,tcp://127.0.0.1:$((port + 1))" --person admin=admin:Bench
        mapfile -t strings < <(giaoviecd db start --data "$dir/data")
        if [ -n "${commits_stamped-}" ]; then
            psql "${strings[0]}" -Xqc 'ALTER SYSTEM SET track_commit_timestamp = on'
            giaoviecd db stop --data "$dir/data"
            giaoviecd db start --data "$dir/data"
        fi
        start_server
        for file in "$dir"/files/units-*; do giaoviec unit register "$file" --yes; done
        giaoviec unit token --all --out "$dir/tokens" --yes
    } >"$dir/setup.log" 2>&1 || { cat "$dir/setup.log" >&2; exit 1; }
    rm -f "$dir/tokens/VP.token"
    owner=${strings[0]} reader=${strings[2]}
}

# directive_new NUMBER UNITS ITEMS TASKS: its files, and it is approved.
directive_new() {
    directive_files "$dir/files" "$@"
    directive approve "$1"
}

# directive VERB NUMBER
directive() {
    giaoviec directive "$1" "$dir/files/$2.txt" "$dir/files/$2.yaml" --yes --timeout 120 >"$dir/directive.log" 2>&1 ||
        { cat "$dir/directive.log" >&2; exit 1; }
}

# issue_asks NUMBER: the directive's issue is prepared up to its question, as at a terminal; issue_yes answers.
issue_asks() {
    rm -f "$dir/answer" "$dir/directive.log"
    mkfifo "$dir/answer"
    exec {answer}<>"$dir/answer"
    script -qefc "giaoviec directive issue $dir/files/$1.txt $dir/files/$1.yaml --timeout 120" "$dir/directive.log" <&"$answer" >/dev/null &
    asking=$!
    wait_for "$dir/directive.log" 'y = yes' 300
}
issue_yes() {
    echo y >&"$answer"
    wait "$asking" || { cat "$dir/directive.log" >&2; exit 1; }
    exec {answer}>&-
    asking=''
}

deployment_end() {
    if [ -n "$server" ]; then stop_server TERM; fi
    giaoviecd db stop --data "$dir/data" >/dev/null 2>&1 || true
}

sql() { psql "$owner" -XAtq -v ON_ERROR_STOP=1 "$@"; }
