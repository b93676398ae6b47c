# shellcheck shell=bash disable=SC2153,SC2034 # set there, read there
# What happens to it. Each lane is a process of its own and goes through its lines of the plan: "WAVE LANE WAIT-MS FAULT ARGUMENT…".
# A fault answers 0: it happened, and was felt; 2: there was nothing to feel it; else it did not work. Only the first are counted.
# (errexit is off in them, since they are asked: what must not fail says "|| return 1".)

nap() { # MS
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}
lane() { # LANE: the lines of this wave
    local wait fault arguments status
    while read -r wait fault arguments; do
        nap "$wait"
        echo "$((SECONDS - BEGUN)) $1: $fault $arguments" >>"$W/log/lanes"
        status=0
        # shellcheck disable=SC2086 # words of the plan
        "fault_$fault" $arguments || status=$?
        case $status in
        0) event "$fault" ;;
        2) event without-effect ;;
        *) tell "$fault $arguments: the fault itself did not work" ;;
        esac
    done < <(awk -v wave="$WAVE" -v lane="$1" '$1 == wave && $2 == lane {$1 = $2 = ""; print}' "$W/plan")
}

fault_kill() { # PROCESS
    local status=0
    lock "$1" 1 || return 2
    if running "$1"; then kill9 "$1" && start_any "$1"; else status=2; fi
    unlock
    return $status
}
fault_pause() { # PROCESS MS: nobody kills it meanwhile
    local pid state=''
    lock "$1" 1 || return 2
    pid=$(pid_of "$1")
    if kill -STOP "$pid" 2>/dev/null; then
        nap "$2"
        read -r _ _ state _ 2>/dev/null <"/proc/$pid/stat"
        kill -CONT "$pid" 2>/dev/null
    fi
    unlock
    [ "$state" = T ] || return 2
}
fault_cut() { # NAME HOW MS [PEER]
    local peer=${4-} hits
    [ "$peer" != primary ] || peer=$(cat "$W/primary")
    net_cut "$1" "$2" "$peer" || return 1
    nap "$3"
    hits=$(net_hits "$1")
    mend "$1" || return 1
    [ "$hits" -gt 0 ] || return 2
}
fault_cuts() { # MS NAME:HOW:MS…: all at once for so long; then they are mended in this order, so long after each other
    local ms=$1 one name how wait
    shift
    for one; do
        IFS=: read -r name how _ <<<"$one"
        net_cut "$name" "$how" || return 1
    done
    nap "$ms"
    for one; do
        IFS=: read -r name how wait <<<"$one"
        nap "$wait"
        [ "$(net_hits "$name")" -eq 0 ] || event joint-cut
        mend "$name" || return 1
    done
}
fault_proxy() { # MS
    local name before
    before=$(proxied '')
    for name in p1 p2; do kill -USR1 "$(pid_of $name)" || return 1; done
    nap "$1"
    for name in p1 p2; do kill -USR2 "$(pid_of $name)" || return 1; done
    [ "$(proxied '')" -gt "$before" ] || return 2
}
proxied() { # KIND, or '' for any: how many connections felt it
    cat "$W"/log/p?.log | grep -c "^fault: $1" || true
}

# ---- clocks ----

clock_set() { # NAME SECONDS: negative is the past
    perl -e 'print pack("q", $ARGV[0])' -- "$2" | dd of="$W/skew/$1" conv=notrunc status=none
}
within() { # TENTHS COMMAND…: true by then
    local i tenths=$1
    shift
    for ((i = 0; i < tenths; i++)); do
        ! "$@" || return 0
        sleep 0.1
    done
    return 1
}
wears() { # PROCESS: it runs by the clock that is set for it
    grep -qsF "$W/skew/$1" "/proc/$(pid_of "$1")/maps"
}
fault_clock() { # PROCESS SECONDS
    clock_set "$1" "$2" || return 1
    within 20 wears "$1" || return 2
}
base_is_off() { # as far as the primary's clock is set wrong
    local now off
    now=$(sql 'SELECT extract(epoch FROM clock_timestamp())::bigint' 2>/dev/null) || return 1
    off=$(od -An -t d8 "$W/skew/$(cat "$W/primary")")
    now=$((now - $(date +%s) - off))
    [ $now -ge -5 ] && [ $now -le 5 ]
}
fault_dbclock() { # SECONDS NODE…
    local node seconds=$1
    shift
    for node; do clock_set "$node" "$seconds" || return 1; done
    for node; do within 20 wears "$node" || return 2; done
    within 30 base_is_off || return 2
}

# ---- disks ----

fill() { # FOLDER: to the last byte
    local i
    for ((i = 0; i < 5; i++)); do
        dd if=/dev/zero bs=64k status=none 2>/dev/null >>"$1/filler"
        dd if=/dev/zero bs=512 status=none 2>/dev/null >>"$1/filler"
        [ "$(df --output=avail -B1 "$1" | tail -n 1)" -ge 4096 ] || return 0
    done
    return 1
}
fault_disk() { # MS: the agent's disk
    local place=$W/agents/a1 status=0
    document U1
    fill "$place" || status=2
    document U1
    document "U$UNITS_EACH"
    nap "$1"
    rm -f "$place/filler"
    return $status
}
# The database's own disk, with its WAL: the server may die of it, and nothing acknowledged with it.
fault_dbdisk() { # MS
    local node status=0
    node=$(cat "$W/primary")
    fill "$W/$node" || status=2
    nap "$1"
    rm -f "$W/$node/filler"
    if ! running "$node"; then
        event "postgres-ended-on-full-disk"
        pg_start "$node" || return 1
    fi
    return $status
}

# ---- the database ----

fault_crash() { # how: quit (immediate) or kill
    local node status=0
    node=$(cat "$W/primary")
    pg_end "$1" "$node" || status=2
    pg_start "$node" || return 1
    await 15 "a standby after a crash" sync_there
    return $status
}
pg_end() { if [ "$1" = quit ]; then pg_immediate "$2"; else pg_kill "$2"; fi; }
other() { if [ "$1" = db1 ]; then echo db2; else echo db1; fi; }
rows() { sql_at "$1" 'SELECT count(*) FROM giaoviec.ledger'; } # NODE
# The old primary is dead for good: its disk is thrown away, and a new standby made. HELD: the rows that came through
# (until there is a standby nothing more is seen).
promote() {
    local old new
    old=$(cat "$W/primary") new=$(other "$(cat "$W/primary")")
    inside "$new" setpriv --reuid=postgres --regid=postgres --init-groups env -C / LC_ALL=C "$PG_BIN/pg_ctl" -D "$W/$new/data" promote -w -t 30 >>"$W/log/promote.log" || return 1
    [ "$(sql_at "$new" 'SELECT pg_is_in_recovery()')" = f ] || return 1
    HELD=$(rows "$new") || HELD=''
    echo "$new" >"$W/primary"
    event promotion
    standby_make "$new" "$old" || standby_make "$new" "$old" || return 1
    await 15 "a standby after a promotion" sync_there
    return 0
}
fault_promote() { # how the primary ends
    await 15 "a standby to promote" sync_there || return 2
    pg_end "$1" "$(cat "$W/primary")" || return 1
    promote
}
# For each unit how many reports it has made: what comes after is made while nothing may be accepted.
made() {
    local i
    for ((i = 1; i <= AGENTS; i++)); do sqlite3 -readonly -separator ' ' "$W/agents/a$i/spool.db" 'PRAGMA busy_timeout = 2000; SELECT unit, reports_n, receipted_n FROM unit' | grep ' '; done
}
# No standby: nothing that is made now may be called accepted. Answers how many were.
alone() { # SECONDS
    local status=0 accepted
    within 30 is_alone || return 1
    made >"$W/made"
    document U3
    document U9
    gv --timeout 3 unit token U1 --out "$W/tokens.alone" --yes >>"$W/log/alone.out" 2>&1 || status=$?
    sleep "$1"
    accepted=$(made | awk 'NR == FNR {had[$1] = $2; next} ($1 in had) && $3 > had[$1] {n += $3 - had[$1]} END {print n + 0}' "$W/made" -)
    is_alone || return 1
    [ $status -ne 0 ] || accepted=$((accepted + 1))
    echo "alone $accepted" >>"$W/alone"
}
fault_alone() { # SECONDS
    local standby status=0
    standby=$(other "$(cat "$W/primary")")
    pg_kill "$standby" || return 1
    alone "$1" || status=1
    pg_start "$standby" || return 1
    await 15 "a standby again" sync_there
    return $status
}
# (Units 15 and 16 are for these two: no other lane moves anything of theirs.)
# Alone, it crashes and comes back: what it shows now is on no standby. Then it is lost, and the standby promoted.
fault_island() {
    local primary standby move shown
    await 15 "a standby to lose" sync_there || return 2
    primary=$(cat "$W/primary") standby=$(other "$(cat "$W/primary")")
    pg_kill "$standby" || return 1
    move_between office U15 U16 & # an act whose orders are on one disk only
    move=$!
    sleep 1.5
    pg_immediate "$primary" || return 1
    pg_start "$primary" || return 1
    sleep 2.5
    shown=$(rows "$primary") || shown=0
    pg_kill "$primary" || return 1
    pg_start "$standby" || return 1
    promote || return 1
    wait "$move"
    [ "$shown" -gt "${HELD:-$shown}" ] || return 2
}
# The wait for the standby is cancelled by somebody: COMMIT then answers success, with a warning.
fault_cancel() {
    local primary standby move i one n=0
    await 15 "a standby to lose" sync_there || return 2
    primary=$(cat "$W/primary") standby=$(other "$(cat "$W/primary")")
    pg_kill "$standby" || return 1
    move_between office U15 U16 &
    move=$!
    for i in {1..10}; do
        sleep 0.4
        one=$(sql "SELECT count(*) FILTER (WHERE pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'" 2>/dev/null) || one=0
        n=$((n + one))
    done
    echo "cancelled $n" >>"$W/events"
    pg_kill "$primary" || return 1
    pg_start "$standby" || return 1
    promote || return 1
    wait "$move"
    [ $n -gt 0 ] || return 2
}

# ---- work: it goes on until the wave's faults are through ----

busy() { [ ! -e "$W/quiet" ]; }
# The standby stands still most of the time: no commit ends, and what is reported meanwhile is sent again and again. In between is
# less time than an act, its orders and the reports on them take, also on a fast machine.
work_standby() {
    local pid
    while busy; do
        pid=$(pid_of "$(other "$(cat "$W/primary")")") || pid=''
        pid=$(pgrep -P "${pid:-0}" -f walreceiver) || pid=''
        kill -STOP "$pid" 2>/dev/null || pid=''
        sleep "1.$((RANDOM % 6))"
        if [ -n "$pid" ]; then
            kill -CONT "$pid" 2>/dev/null || true
            event standby
        fi
        sleep "0.$((1 + RANDOM % 5))"
    done
}
work_reports() {
    while busy; do
        document "U$((1 + RANDOM % (AGENTS * UNITS_EACH)))"
        sleep 0.1
    done
}
# Everything that one holds goes to the other, while it reports. What the office is told is kept: its exit status, its answer.
move_between() { # OFFICE FROM TO
    local status=0 answer
    answer=$(inside "$1" "$GIAOVIEC" --home "$W/home" --as admin --timeout 12 --json assignment transfer --unit "$2" --to "$3" --reason chaos --yes \
        </dev/null 2>>"$W/log/office.log") || status=$?
    printf '%s\t%s\n' "$status" "$(tr '\n' ' ' <<<"$answer")" >>"$W/acts.$BASHPID"
    [ $status -eq 0 ] || return $status
    awk 'match($0, /"done":[0-9]+/) {print "moved", substr($0, RSTART + 7, RLENGTH - 7)}' <<<"$answer" >>"$W/events"
}
# Who moves what: an office, the first and the last of its units, which are pairs.
MOVERS=("office 5 8" "south 9 14" "north 17 22" "office 23 28")
work_moves() { # OFFICE FIRST LAST
    local office=$1 first=$2 last=$3 a b way swap
    while busy; do
        a=$((first + RANDOM % ((last - first + 1) / 2) * 2)) b=0
        b=$((a + 1))
        way=$W/way.$a
        if [ -e "$way" ]; then swap=$a a=$b b=$swap; fi
        document "U$a"
        sleep "0.$((RANDOM % 3))"
        if move_between "$office" "U$a" "U$b"; then
            if [ -e "$way" ]; then rm -f "$way"; else : >"$way"; fi
        fi
    done
}
