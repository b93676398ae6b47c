# shellcheck shell=bash disable=SC2153
# What happens to it. Each lane is a process of its own and goes through its lines of the plan: "WAVE LANE WAIT-MS FAULT ARGUMENT…".

lane() { # LANE: the lines of this wave
    local wait fault arguments
    while read -r wait fault arguments; do
        sleep "$(printf '%d.%03d' $((wait / 1000)) $((wait % 1000)))"
        echo "$((SECONDS - BEGUN)) $1: $fault $arguments" >>"$W/log/lanes"
        # shellcheck disable=SC2086 # words of the plan
        "fault_$fault" $arguments || tell "$fault $arguments: the fault itself did not work"
    done < <(awk -v wave="$WAVE" -v lane="$1" '$1 == wave && $2 == lane {$1 = $2 = ""; print}' "$W/plan")
}

fault_kill() { # PROCESS
    exec 9>"$W/pid/lock.$1" # the keeper sees it gone, too
    flock 9
    kill9 "$1"
    start_any "$1"
    exec 9>&-
    event kill
}
fault_pause() { # PROCESS MS
    local pid
    pid=$(pid_of "$1")
    kill -STOP "$pid" 2>/dev/null || return 0
    sleep "$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))"
    kill -CONT "$pid" 2>/dev/null || true
    event pause
}
fault_cut() { # NAME HOW MS [PEER]
    net_cut "$1" "$2" "${4-}"
    sleep "$(printf '%d.%03d' $(($3 / 1000)) $(($3 % 1000)))"
    mend "$1"
    event cut
}
fault_proxy() { # MS
    local name
    for name in p1 p2; do kill -USR1 "$(pid_of $name)"; done
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
    for name in p1 p2; do kill -USR2 "$(pid_of $name)"; done
    event proxy
}
fault_clock() { # PROCESS SECONDS: negative is the past
    perl -e 'print pack("q", $ARGV[0])' -- "$2" | dd of="$W/skew/$1" conv=notrunc status=none
    event clock
}
fault_disk() { # MS: the agent's disk full to the last byte
    local place=$W/agents/a1
    document U1
    dd if=/dev/zero of="$place/filler" bs=64k status=none 2>/dev/null || true
    dd if=/dev/zero bs=512 status=none 2>/dev/null >>"$place/filler" || true
    document U1
    document "U$UNITS_EACH"
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
    rm -f "$place/filler"
    event disk
}
# The database's own disk, with its WAL: the server may die of it, and nothing acknowledged with it.
fault_dbdisk() { # MS
    local node
    node=$(cat "$W/primary")
    dd if=/dev/zero of="$W/$node/filler" bs=64k status=none 2>/dev/null || true
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
    rm -f "$W/$node/filler"
    kill -0 "$(cat "$W/$node.pid")" 2>/dev/null || { event "postgres-ended-on-full-disk" && pg_start "$node"; }
    event disk
}

# ---- the database ----

fault_crash() { # how: quit (immediate) or kill
    local node
    node=$(cat "$W/primary")
    if [ "$1" = quit ]; then pg_immediate "$node"; else pg_kill "$node"; fi
    pg_start "$node"
    event crash
    await_sync 15
}
other() { if [ "$1" = db1 ]; then echo db2; else echo db1; fi; }
await_sync() { # SECONDS
    local until=$((SECONDS + $1))
    until sync_there; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.1
    done
}
# The old primary is dead for good: its disk is thrown away, and a new standby made.
promote() {
    local old new
    old=$(cat "$W/primary") new=$(other "$(cat "$W/primary")")
    inside "$new" setpriv --reuid=postgres --regid=postgres --init-groups env -C / LC_ALL=C "$PG_BIN/pg_ctl" -D "$W/$new/data" promote -w -t 30 >>"$W/log/promote.log"
    echo "$new" >"$W/primary"
    standby_make "$new" "$old" || standby_make "$new" "$old"
    event promotion
    await_sync 15
}
fault_promote() { # how the primary ends
    if [ "$1" = quit ]; then pg_immediate "$(cat "$W/primary")"; else pg_kill "$(cat "$W/primary")"; fi
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
    made >"$W/made"
    document U3
    document U9
    gv --timeout 3 unit token U1 --out "$W/tokens.alone" --yes >>"$W/log/alone.out" 2>&1 || status=$?
    sleep "$1"
    accepted=$(made | awk 'NR == FNR {had[$1] = $2; next} ($1 in had) && $3 > had[$1] {n += $3 - had[$1]} END {print n + 0}' "$W/made" -)
    [ $status -ne 0 ] || accepted=$((accepted + 1))
    echo "alone $accepted" >>"$W/alone"
    event alone
}
fault_alone() {
    local standby
    standby=$(other "$(cat "$W/primary")")
    pg_kill "$standby"
    sleep 0.3
    alone "$1"
    pg_start "$standby"
    await_sync 15
}
# (Units 15 and 16 are for these two: no other lane moves anything of theirs.)
# Alone, it crashes and comes back: what it shows now is on no standby. Then it is lost, and the standby promoted.
fault_island() {
    local primary standby
    primary=$(cat "$W/primary") standby=$(other "$(cat "$W/primary")")
    pg_kill "$standby"
    move_between U15 U16 & # an act whose orders are on one disk only
    sleep 1.5
    pg_immediate "$primary"
    pg_start "$primary"
    sleep 2.5
    pg_kill "$primary"
    pg_start "$standby"
    promote
    event island
}
# The wait for the standby is cancelled by somebody: COMMIT then answers success, with a warning.
fault_cancel() {
    local primary standby i
    primary=$(cat "$W/primary") standby=$(other "$(cat "$W/primary")")
    pg_kill "$standby"
    move_between U15 U16 &
    for i in 1 2 3 4; do
        sleep 0.5
        sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'" 2>/dev/null | grep -c t | sed 's/^/cancelled /' >>"$W/events" || true
    done
    pg_kill "$primary"
    pg_start "$standby"
    promote
    event cancel
}

# ---- work: it goes on until the wave's faults are through ----

busy() { [ ! -e "$W/quiet" ]; }
# The standby stands still every other second: no commit ends, and what is reported meanwhile is sent again and again.
work_standby() {
    local pid
    while busy; do
        pid=$(pgrep -P "$(cat "$W/$(other "$(cat "$W/primary")").pid")" -f walreceiver) || pid=''
        [ -z "$pid" ] || kill -STOP "$pid" 2>/dev/null || true
        sleep "1.$((RANDOM % 6))"
        if [ -n "$pid" ]; then
            kill -CONT "$pid" 2>/dev/null || true
            event standby
        fi
        sleep "0.$((6 + RANDOM % 4))"
    done
}
work_reports() {
    while busy; do
        document "U$((1 + RANDOM % (AGENTS * UNITS_EACH)))"
        sleep 0.1
    done
}
# Everything that one holds goes to the other, while it reports.
move_between() { # FROM TO [HOME-NAMESPACE]
    local status=0 run=() answer
    [ -z "${3-}" ] || run=(inside "$3")
    answer=$("${run[@]}" "$GIAOVIEC" --home "$W/home" --as admin --timeout 12 --json assignment transfer --unit "$1" --to "$2" --reason chaos --yes \
        </dev/null 2>>"$W/log/office.log") || status=$?
    printf '%s\t%s\n' "$status" "$(tr '\n' ' ' <<<"$answer")" >>"$W/acts.$BASHPID"
    [ $status -eq 0 ] || return $status
    awk 'match($0, /"done":[0-9]+/) {print "moved", substr($0, RSTART + 7, RLENGTH - 7)}' <<<"$answer" >>"$W/events"
}
work_moves() { # NAMESPACE FIRST LAST: pairs of units
    local first=$2 last=$3 space=$1 a b way swap
    while busy; do
        a=$((first + RANDOM % ((last - first + 1) / 2) * 2)) b=0
        b=$((a + 1))
        way=$W/way.$a
        if [ -e "$way" ]; then swap=$a a=$b b=$swap; fi
        document "U$a"
        sleep "0.$((RANDOM % 3))"
        if move_between "U$a" "U$b" "$space"; then
            if [ -e "$way" ]; then rm -f "$way"; else : >"$way"; fi
        fi
    done
}
