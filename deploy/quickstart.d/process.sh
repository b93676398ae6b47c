# shellcheck shell=bash
# Processes and waits for the quick start and the end-to-end tests. Every process is started by start()
# and remembered by its pid, which is also its process group; stop_all() leaves none of them.
# The caller sets: LOGS (a folder), and may set KEEP=true (processes outlive this shell).

declare -A PIDS=()
declare -a STARTED=()

# start NAME COMMAND…: in the background, output to $LOGS/NAME.{out,log}.
start() {
    local name=$1
    shift
    local guard=(setpriv --pdeathsig TERM --)
    [ "${KEEP-false}" = true ] && guard=()
    setsid "${guard[@]}" "$@" >>"$LOGS/$name.out" 2>>"$LOGS/$name.log" </dev/null &
    PIDS[$name]=$!
    disown "$!" # the shell says nothing when it is killed
    STARTED+=("$name")
}

alive() {
    [ -n "${PIDS[$1]-}" ] && kill -0 "${PIDS[$1]}" 2>/dev/null
}

# reap NAME SECONDS: true when it has ended.
reap() {
    local pid=${PIDS[$1]} deadline=$((SECONDS + $2))
    while kill -0 "$pid" 2>/dev/null; do
        [ $SECONDS -ge $deadline ] && return 1
        sleep 0.05
    done
    unset "PIDS[$1]"
}

# stop NAME [SIGNAL]: the process and its group; by force after ten seconds.
stop() {
    local name=$1 signal=${2-TERM} pid=${PIDS[$1]-}
    [ -n "$pid" ] || return 0
    kill "-$signal" -- "-$pid" 2>/dev/null || kill "-$signal" "$pid" 2>/dev/null || true
    if ! reap "$name" 10; then
        kill -KILL -- "-$pid" 2>/dev/null || true
        reap "$name" 5 || true
    fi
    kill -KILL -- "-$pid" 2>/dev/null || true # children that its leader left
}

# kill9 NAME: as a power cut would.
kill9() {
    local pid=${PIDS[$1]}
    kill -KILL -- "-$pid" 2>/dev/null || true
    reap "$1" 5 || true
}

# Agents first and all at once, then the rest, newest first.
stop_all() {
    local name i
    for name in "${!PIDS[@]}"; do
        case $name in agent-*) kill -TERM -- "-${PIDS[$name]}" 2>/dev/null || true ;; esac
    done
    for name in "${!PIDS[@]}"; do
        case $name in agent-*) stop "$name" ;; esac
    done
    for ((i = ${#STARTED[@]} - 1; i >= 0; i--)); do
        stop "${STARTED[i]}"
    done
    STARTED=()
}

# await SECONDS WHAT COMMAND…: polls until the command is true. Says what did not happen in time.
await() {
    local seconds=$1 what=$2 deadline=$((SECONDS + $1))
    shift 2
    until "$@"; do
        if [ $SECONDS -ge $deadline ]; then
            give_up timeout "$seconds" "$what"
        fi
        sleep 0.1
    done
}

# free_ports N: N different TCP ports that nothing listens on, below the ephemeral range.
free_ports() {
    local wanted=$1 port taken=" "
    while [ "$wanted" -gt 0 ]; do
        port=$((20000 + RANDOM % 12000))
        case $taken in *" $port "*) continue ;; esac
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            taken+="$port "
            wanted=$((wanted - 1))
        fi
    done
}

# link_up NAME LISTEN TARGET: a TCP proxy that can be cut.  link_cut NAME: every connection through it ends.
link_up() {
    start "link-$1" socat "TCP-LISTEN:$2,bind=127.0.0.1,reuseaddr,fork" "TCP:127.0.0.1:$3"
}
link_cut() {
    stop "link-$1" KILL
}

has_line() { # FILE PATTERN
    grep -q -- "$2" "$1" 2>/dev/null
}
