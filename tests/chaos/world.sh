# shellcheck shell=bash disable=SC2034 # read by run
# The world of a run: namespaces joined by a bridge, two PostgreSQL nodes on small disks, two coordinators, agents, the office.
# All of it lives in namespaces of its own (mounts, processes, network): it ends with the script, whatever happens.

NET=10.213.0
declare -A IP=([office]=$NET.1 [north]=$NET.2 [south]=$NET.3 [c1]=$NET.11 [c2]=$NET.12 [db1]=$NET.21 [db2]=$NET.22)
declare -A ONLY=([north]=c2 [south]=c1) # offices that reach one coordinator
PG_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
# So many units of an agent that there are 32 to 62 of them.
UNITS_EACH=$((AGENTS < 16 ? 4 : AGENTS < 32 ? 2 : 1)) TASKS=16
NAMES=(c1 c2)
for ((i = 1; i <= AGENTS; i++)); do NAMES+=("a$i"); done
SYNCHRONOUS='ANY 1 (db1, db2)'

tell() { printf '%6s  %s\n' "$((SECONDS - BEGUN))" "$*"; }
event() { echo "$1" >>"$W/events"; } # counted for the table
happened() { grep -cx -- "$1" "$W/events" || true; }
sum_of() { awk -v what="$1" '$1 == what {n += $2} END {print n + 0}' "$W/events"; }

# ---- networks ----

net_add() { # NAME
    ip netns add "$1"
    ip link add "v-$1" type veth peer name eth0 netns "$1"
    ip link set "v-$1" master br0 up
    ip -n "$1" addr add "${IP[$1]}/24" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" link set lo up
}
inside() { # NAME COMMAND…
    local name=$1
    shift
    if [ "$name" = office ]; then "$@"; else nsenter --net="/run/netns/$name" "$@"; fi
}
world_net() {
    local name other i
    mount -t tmpfs none /run/netns
    ip link set lo up
    ip link add br0 type bridge
    ip link set br0 up
    ip addr add "${IP[office]}/24" dev br0
    for ((i = 1; i <= AGENTS; i++)); do IP[a$i]=$NET.$((100 + i)); done
    for name in "${!IP[@]}"; do [ "$name" = office ] || net_add "$name"; done
    for name in "${!ONLY[@]}"; do
        for other in c1 c2; do
            [ "$other" = "${ONLY[$name]}" ] || inside "$name" nft -f - <<NFT
table inet cut {
 chain out { type filter hook output priority 0;
  ip daddr ${IP[$other]} reject with tcp reset
 }
}
NFT
        done
    done
}

# net_cut NAME HOW [PEER]: HOW in, out, both (packets vanish) or rst (refused aloud).
net_cut() {
    local name=$1 how=$2 from='' to='' cut='counter drop'
    [ -z "${3-}" ] || from="ip saddr ${IP[$3]}" to="ip daddr ${IP[$3]}"
    [ "$how" != rst ] || cut='meta l4proto tcp counter reject with tcp reset'
    {
        echo "table inet cut { chain into { type filter hook input priority 0;"
        [ "$how" = out ] || echo "iifname eth0 $from $cut"
        echo "}"
        echo "chain out { type filter hook output priority 0;"
        [ "$how" = in ] || echo "oifname eth0 $to $cut"
        echo "}"
        echo "}"
    } | inside "$name" nft -f -
}
net_hits() { # NAME: so many packets have met the cut
    inside "$1" nft list table inet cut | awk '{for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1)} END {print n + 0}'
}
mend() { inside "$1" nft delete table inet cut 2>/dev/null; }

# ---- PostgreSQL ----

as_pg() { setpriv --reuid=postgres --regid=postgres --init-groups env LC_ALL=C PGCONNECT_TIMEOUT=3 "$@"; }
disk() { # FILE MIB MOUNT
    truncate -s "$2M" "$1"
    mkfs.ext4 -q -F -m 0 "$1"
    mkdir -p "$3"
    mount -o loop "$1" "$3"
    rmdir "$3/lost+found"
}
pg_start() { # NODE: true when it takes connections
    rm -f "$W/$1/data/postmaster.pid"
    local i
    nsenter --net="/run/netns/$1" setsid setpriv --reuid=postgres --regid=postgres --init-groups env -C / LC_ALL=C \
        CHAOS_SKEW="$W/skew/$1" LD_PRELOAD="$W/skew.so" "$PG_BIN/postgres" -D "$W/$1/data" >>"$W/log/$1.log" 2>&1 </dev/null &
    echo $! >"$W/pid/$1"
    disown $!
    for ((i = 0; i < 300; i++)); do
        ! inside "$1" "$PG_BIN/pg_isready" -q -U postgres -h "${IP[$1]}" -t 2 || return 0
        running "$1" || return 1
        sleep 0.05
    done
    return 1
}
pg_kill() { # NODE: every process of it, as a power cut would; false: there is none
    local pid
    pid=$(pid_of "$1")
    kill -STOP "$pid" 2>/dev/null || return 1
    pkill -KILL -P "$pid" 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}
pg_immediate() { # NODE; false: it does not run
    local pid
    pid=$(pid_of "$1")
    kill -QUIT "$pid" 2>/dev/null || return 1
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}
sql_at() { # NODE SQL
    inside "$1" timeout 10 psql -X -q -A -t -v ON_ERROR_STOP=1 -d "host=${IP[$1]} user=postgres dbname=giaoviec connect_timeout=3" -c "$2"
}
sql() { sql_at "$(cat "$W/primary")" "$1"; }

pg_make() {
    local node
    disk "$W/db1.img" 400 "$W/db1"
    disk "$W/db2.img" 400 "$W/db2"
    chown postgres: "$W/db1" "$W/db2"
    (cd / && as_pg "$PG_BIN/initdb" -D "$W/db1/data" -A trust -E UTF8 --no-sync --wal-segsize=1 >"$W/log/initdb.log")
    cat >>"$W/db1/data/postgresql.conf" <<CONF
listen_addresses = '*'
unix_socket_directories = ''
cluster_name = 'db1'
synchronous_commit = on
max_wal_size = 48MB
min_wal_size = 16MB
wal_keep_size = 16MB
shared_buffers = 32MB
wal_retrieve_retry_interval = 200ms
wal_sender_timeout = 3s
wal_receiver_timeout = 3s
tcp_keepalives_idle = 2
checkpoint_timeout = 1min
CONF
    printf 'host all all %s.0/24 trust\nhost replication all %s.0/24 trust\n' "$NET" "$NET" >>"$W/db1/data/pg_hba.conf"
    pg_start db1
    echo db1 >"$W/primary"
    inside db1 psql -X -q -d "host=${IP[db1]} user=postgres dbname=postgres" -c 'CREATE DATABASE giaoviec' -c 'CREATE ROLE server LOGIN'
    "$GIAOVIECD" migrate --database "host=${IP[db1]} user=postgres dbname=giaoviec" >"$W/log/migrate.log"
    sql 'GRANT giaoviec_coordinator TO server'
    standby_make db1 db2
    # By name: with '*' a base backup that runs would count as a standby.
    for node in db2 db1; do
        sql_at $node "ALTER SYSTEM SET synchronous_standby_names = '$SYNCHRONOUS'"
        sql_at $node 'SELECT pg_reload_conf()' >/dev/null
    done
}
standby_make() { # FROM NEW: a new standby in the place of whatever is there
    rm -rf "$W/$2/data"
    inside "$2" setpriv --reuid=postgres --regid=postgres --init-groups env -C / LC_ALL=C timeout 60 "$PG_BIN/pg_basebackup" -D "$W/$2/data" \
        -d "host=${IP[$1]} user=postgres connect_timeout=3" -R -c fast -X stream --no-sync >>"$W/log/basebackup.log" 2>&1 || return 1
    cat >>"$W/$2/data/postgresql.auto.conf" <<CONF
cluster_name = '$2'
primary_conninfo = 'host=${IP[$1]} user=postgres application_name=$2 connect_timeout=3'
CONF
    pg_start "$2"
}
standbys() { sql "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum' AND state = 'streaming'" 2>/dev/null; }
sync_there() { [ "$(standbys)" = 1 ]; }
is_alone() { [ "$(standbys)" = 0 ]; }

# ---- coordinators, agents, the office ----

start() { # NAME NAMESPACE COMMAND…: a process group of its own; nsenter, setsid and env become it, so that its pid is this one
    local name=$1 space=$2
    shift 2
    nsenter --net="/run/netns/$space" setsid env CHAOS_SKEW="$W/skew/$name" LD_PRELOAD="$W/skew.so" "$@" >>"$W/log/$name.out" 2>>"$W/log/$name.log" </dev/null 9>&- &
    echo $! >"$W/pid/$name"
    disown $!
}
pid_of() { cat "$W/pid/$1" 2>/dev/null; }
running() { # NAME
    local pid=''
    read -r pid 2>/dev/null <"$W/pid/$1"
    kill -0 "$pid" 2>/dev/null
}
# Whoever starts, stops or kills a process has its lock; false: somebody else had it for so long.
lock() { # NAME SECONDS
    exec 9>"$W/pid/lock.$1"
    flock -w "$2" 9 || { unlock && return 1; }
}
unlock() { exec 9>&-; }
kill9() {
    local pid
    pid=$(pid_of "$1")
    kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
}
DATABASE="host=${IP[db1]},${IP[db2]} user=server dbname=giaoviec target_session_attrs=read-write connect_timeout=2"
start_coordinator() {
    start "$1" "$1" "$GIAOVIECD" run --home "$W/home" --as "$1" --database "$DATABASE" --heartbeat 500ms --silence 3s --redeliver 100ms
}
start_agent() { start "$1" "$1" "$AGENT" run --config "$W/agents/$1.conf"; }
start_any() { case $1 in c*) start_coordinator "$1" ;; *) start_agent "$1" ;; esac }
gv() { "$GIAOVIEC" --home "$W/home" --as admin --timeout 12 "$@" </dev/null; }

# The letter: TASKS items, each for all units.
letter_make() {
    local i unit
    UNITS=()
    for ((i = 1; i <= AGENTS * UNITS_EACH; i++)); do UNITS+=("U$i"); done
    printf 'code\tname_vi\tname_en\tgroup\tfields\tbody\n' >"$W/units.tsv"
    for unit in "${UNITS[@]}"; do printf '%s\tĐơn vị %s\tUnit %s\toffice\tREPORT\tno\n' "$unit" "$unit" "$unit"; done >>"$W/units.tsv"
    {
        printf 'Số: 7/UBND-VX\n\nV/v thử bền\n\nKính gửi: Các đơn vị.\n\nỦy ban nhân dân huyện yêu cầu:\n'
        for ((i = 1; i <= TASKS; i++)); do printf '\n%s. Các đơn vị thực hiện đợt kiểm tra thứ %s.\n' "$i" "$i"; done
        printf '\nNơi nhận:\n\n- Như trên;\n- Lưu: VT.\n\nTM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\n\nLê Thị Mẫu\n'
    } >"$W/letter.txt"
    {
        printf 'format: giaoviec-breakdown/1\nversion: 1\nauthor: Văn phòng\nwritten: 2024-02-01\nletter:\n  notation: 7/UBND-VX\n'
        printf '  issuer: Ủy ban nhân dân huyện\n  date: 2024-02-01\n'
        printf 'provenance: {words: letter, gloss: office, kinds: office, field: office, lead: letter}\ngroups:\n'
        printf '  all: {origin: letter, title: Các đơn vị, members: [%s]}\ntasks:\n' "$(IFS=,; echo "${UNITS[*]}")"
        for ((i = 1; i <= TASKS; i++)); do
            printf '  - number: "%s.1"\n    words: thực hiện đợt kiểm tra thứ %s\n    gloss: Round %s\n    kinds: [OUTCOME]\n    field: REPORT\n    lead: all\n' "$i" "$i" "$i"
        done
    } >"$W/breakdown.yaml"
}
agent_conf() { # NAME FIRST: its units
    local i unit
    mkdir -p "$W/agents/$1"
    {
        # The mark of an agent on a small disk.
        printf '[agent]\ndata = %s\nlang = en\nreconnect_window_ms = 500\nkeep_days = 3650\nlow_space = 1\n' "$W/agents/$1"
        [ -z "${3-}" ] || echo "coordinator = $3"
        for ((i = $2; i < $2 + UNITS_EACH; i++)); do
            unit=U$i
            printf '\n[unit %s]\ntoken = %s/tokens/%s.token\nperson = Trưởng %s\n\n[source %s]\nunit = %s\ntype = file\npath = %s/status/%s.json\nformat = json\n' \
                "$unit" "$W" "$unit" "$unit" "$unit" "$unit" "$W" "$unit"
        done
    } >"$W/agents/$1.conf"
}
document() { # UNIT: what it reports next; every one is new, and of a day that has come by every clock that is set wrong
    local unit=$1 n i lock
    exec {lock}>"$W/said/.$unit"
    flock "$lock"
    n=$(($(cat "$W/said/$unit" 2>/dev/null || echo 0) + 1))
    {
        printf '{"unit":"%s","as_of":"2020-02-08","tasks":[' "$unit"
        for ((i = 1; i <= TASKS; i++)); do
            [ "$i" -eq 1 ] || printf ','
            printf '{"task":"%s.1","progress":%s,"narrative":"s%s"}' "$i" $((n % 100)) "$n"
        done
        printf ']}\n'
    } >"$W/status/.$unit"
    echo "$n" >"$W/said/$unit"
    mv -f "$W/status/.$unit" "$W/status/$unit.json"
    exec {lock}>&-
}
# As a service manager does: what ended is started again. A coordinator that finds no database ends, and
# the agent whose disk is full; no other agent should.
keeper() {
    local name
    while busy; do
        for name in "${NAMES[@]}"; do running "$name" || revive "$name"; done
        sleep 0.3
    done
}
revive() { # NAME: unless somebody else has
    lock "$1" 60 || return 0
    if ! running "$1"; then
        case $1 in
        c*) event coordinator-ended ;;
        a1) event ended-on-full-disk ;;
        *) event agent-ended && tell "agent $1 ended" ;;
        esac
        start_any "$1"
    fi
    unlock
}
# What a fault that did not work left behind.
base_again() {
    local primary standby
    primary=$(cat "$W/primary") standby=$(other "$(cat "$W/primary")")
    if ! running "$primary"; then
        tell "the primary was left ended"
        pg_start "$primary" || tell "it does not start"
    fi
    if ! running "$standby"; then
        tell "the standby was left ended"
        standby_make "$primary" "$standby" || tell "there is no new one"
    fi
}
waiting() { # in all spools: reports without a receipt
    local i n=0 one
    for ((i = 1; i <= AGENTS; i++)); do
        one=$(sqlite3 -readonly "$W/agents/a$i/spool.db" 'PRAGMA busy_timeout = 2000; SELECT coalesce(sum(reports_n - receipted_n), 0) FROM unit' 2>/dev/null | tail -n 1)
        n=$((n + ${one:-1}))
    done
    echo $n
}
