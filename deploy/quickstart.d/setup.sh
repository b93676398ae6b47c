# shellcheck shell=bash disable=SC2034,SC2153 # variables are shared with the script that reads this
# Steps 0 to 4: packages and build, the deployment, its units, their agents, the directive.

LETTER=$EXAMPLE/3467-CV-TU.txt
BREAKDOWN=$EXAMPLE/breakdown.yaml
DECISIONS=$EXAMPLE/decisions.yaml
SCENARIO=$EXAMPLE/scenario.tsv
# Units whose agents are processes of their own; all others share one process.
ALONE=(SO-YT SO-TNMT SO-NN SO-TC CA-TINH TU-VP DU-672 DU-673 DU-675 DU-677 DU-679 DU-681 DU-682)

# gv COMMAND…: the administrator's command line.  gv_as CODE COMMAND…: somebody else's.
gv() { gv_as admin "$@"; }
gv_as() {
    local who=$1
    shift
    "$GIAOVIEC" --home "$DATA/home" --as "$who" "$@" 2>"$DATA/log/last-command.log" </dev/null || {
        local status=$?
        printf 'giaoviec %s: %s\n' "$*" "$status" >>"$DATA/log/last-command.log"
        return $status
    }
}

# rule_unit RULE, rule_a RULE [UNIT], …: the first row of a rule of the scenario.
rule_field() { # RULE FIELD [UNIT]
    awk -F'\t' -v rule="$1" -v field="$2" -v unit="${3-}" '$1 == rule && (unit == "" || $2 == unit) {print $field; exit}' "$SCENARIO"
}

step_packages_and_build() {
    STEP=build
    if [ -z "$BUILD" ]; then
        say packages
        "$TOP/deploy/install-deps"
        BUILD=$TOP/build-release
        say build "$BUILD"
        build_programs
    fi
    GIAOVIEC=$BUILD/client/giaoviec
    AGENT=$BUILD/client/giaoviec-agent
    GIAOVIECD=$BUILD/server/giaoviecd
}

build_programs() {
    local log=$TOP/build-release.log since=$SECONDS
    if ! { cmake -C "$TOP/deploy/build/release.cmake" -S "$TOP" -B "$BUILD" -G Ninja -DGV_TESTS=OFF &&
        cmake --build "$BUILD"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        give_up build_failed
    fi
    rm -f "$log"
    say build_done $((SECONDS - since))
}

# ---- 1 -----------------------------------------------------------------------------------------------

make_data() {
    local place=/var/tmp
    [ -d $place ] && [ -w $place ] || place=/tmp
    DATA=$(mktemp -d "$place/giaoviec-demo.XXXXXX")
    chmod 711 "$DATA"
    mkdir "$DATA"/{home,log,status,next,tokens,agents,scratch}
    chmod 700 "$DATA"/{home,tokens,agents}
    LOGS=$DATA/log
    if [ "$KEEP" = true ]; then say data_keep "$DATA"; else say data "$DATA"; fi
}

step_deployment() {
    STEP=1/7
    say step1
    [ -n "$DATA" ] || make_data # tests have made it
    mapfile -t PORTS < <(free_ports 7)
    local c1=tcp://127.0.0.1:${PORTS[0]} c2=tcp://127.0.0.1:${PORTS[2]}
    gv deployment init --name 'Lâm Đồng 2024 (trình diễn)' --demonstration \
        --coordinator "c1=$c1,tcp://127.0.0.1:${PORTS[1]}" \
        --coordinator "c2=$c2,tcp://127.0.0.1:${PORTS[3]}" \
        --person 'admin=admin:Quản trị (trình diễn)' \
        --person 'vp1=office:Văn phòng Tỉnh ủy (trình diễn)' \
        --person 'uv1=member:Ủy viên Ban Thường vụ (trình diễn):bodies=CC-BTVTU' \
        --person 'uv2=member:Tỉnh ủy viên (trình diễn):bodies=CC-TUV' >"$DATA/log/init.out"
    say root_key "$DATA/home/root.key"
    start_coordinator c1
    say coordinator "$c1" "${PIDS[giaoviecd-c1]}"
}

start_coordinator() {
    start "giaoviecd-$1" "$GIAOVIECD" run --home "$DATA/home" --as "$1" --data "$DATA/db" --clock-start 2024-01-02 \
        --config "$PARTS/giaoviecd.conf"
    await 60 "giaoviecd $1" coordinator_ready "$1"
}

coordinator_ready() {
    alive "giaoviecd-$1" || give_up died "giaoviecd $1"
    has_line "$LOGS/giaoviecd-$1.out" '^giaoviecd: ready'
}

# ---- 2 -----------------------------------------------------------------------------------------------

step_units() {
    STEP=2/7
    say step2
    gv unit register "$EXAMPLE/units.tsv" --yes >"$DATA/log/units.out"
    gv unit token --all --out "$DATA/tokens" --days 1 --yes >"$DATA/log/tokens.out"
    mapfile -t UNITS < <(awk -F'\t' 'NR > 1 && $4 != "copy" {print $1}' "$EXAMPLE/units.tsv")
    say units "$(awk 'NR > 1' "$EXAMPLE/units.tsv" | wc -l)" ${#UNITS[@]}
}

# ---- 3 -----------------------------------------------------------------------------------------------

# agent_conf NAME PORT UNIT…: one process for the units; PORT: through a proxy, or "".
agent_conf() {
    local name=$1 port=$2 unit
    shift 2
    mkdir -p "$DATA/agents/$name"
    {
        echo "[agent]"
        echo "data = $DATA/agents/$name"
        echo "lang = $GV_LANG_NAME"
        [ -z "$port" ] || echo "coordinator = c1=tcp://127.0.0.1:$port"
        for unit in "$@"; do
            printf '\n[unit %s]\n' "$unit"
            echo "token = $DATA/tokens/$unit.token"
            echo "person = Người phụ trách $unit (trình diễn)"
            printf '\n[source %s]\n' "$unit"
            echo "unit = $unit"
            echo "type = file"
            echo "path = $DATA/status/$unit.json"
            echo "format = json"
        done
    } >"$DATA/agents/$name.conf"
}

start_agent() { # NAME
    start "agent-$1" "$AGENT" run --config "$DATA/agents/$1.conf"
}

is_in() { # WORD WORDS…
    local word=$1
    shift
    case " $* " in *" $word "*) return 0 ;; esac
    return 1
}

connected_count() { gv unit list --json | jq -n '[inputs | select(.connected)] | length'; }
all_connected() {
    local n name
    for name in "${!PIDS[@]}"; do
        alive "$name" || give_up died "$name"
    done
    n=$(connected_count)
    show_progress enrolling "$n" ${#UNITS[@]}
    [ "$n" -ge ${#UNITS[@]} ]
}

# A line that is drawn over itself on a terminal, and once where there is none.
show_progress() { # KEY DONE ALL …
    if [ -t 1 ]; then
        printf '\r\033[K%s' "$(say "$@")"
        [ "$2" != "$3" ] || echo
    elif [ "$2" = "$3" ]; then
        say "$@"
    fi
}

step_agents() {
    STEP=3/7
    say step3
    local unit many=() port
    CUT=$(rule_field cut 2) LATE=$(rule_field late 2)
    link_up "$CUT" "${PORTS[4]}" "${PORTS[0]}"
    link_up "$LATE" "${PORTS[5]}" "${PORTS[0]}"
    for unit in "${UNITS[@]}"; do
        if ! is_in "$unit" "${ALONE[@]}"; then
            many+=("$unit")
            continue
        fi
        case $unit in
        "$CUT") port=${PORTS[4]} ;;
        "$LATE") port=${PORTS[5]} ;;
        *) port='' ;;
        esac
        agent_conf "$unit" "$port" "$unit"
        start_agent "$unit"
    done
    agent_conf many '' "${many[@]}"
    start_agent many
    say agents ${#ALONE[@]} ${#many[@]}
    say proxied "$CUT, $LATE"
    await 60 "$(say enrolling '…' ${#UNITS[@]})" all_connected
}

# ---- 4 -----------------------------------------------------------------------------------------------

# show FILE LINES: its first lines, and where the rest is.
show() {
    sed -n "1,$2{s/^/     /;p}" "$1"
    local n
    n=$(wc -l <"$1")
    [ "$n" -le "$2" ] || say more $((n - $2)) "$OUT/${1##*/}"
}

orders_arrived() {
    local counts arrived accepted all
    gv assignment list --json >"$DATA/scratch/assignments.ndjson"
    counts=$(jq -n -r '[inputs | .state] | "\(length) \(map(select(. != "ISSUED")) | length) \(map(select(. != "ISSUED" and . != "DELIVERED")) | length)"' \
        "$DATA/scratch/assignments.ndjson")
    read -r all arrived accepted <<<"$counts"
    show_progress receiving "$arrived" "$all" "$accepted"
    [ "$arrived" = "$all" ]
}

# Lines that name a file of the example, by its name alone.
without_folder() {
    local line
    while IFS= read -r line; do printf '%s\n' "${line/"$EXAMPLE/"/}"; done
}

# What the office's decisions changed in the plan, with the task in front of each line.
plan_changes() {
    local which
    for which in plan-open plan; do
        awk '/^[0-9]+\.[0-9]+ /{task = $1} /^    / {sub(/^ +/, ""); print task, $0; next} /^[0-9]+ / {print}' "$OUT/$which.txt" >"$DATA/scratch/$which.flat"
    done
    diff "$DATA/scratch/plan-open.flat" "$DATA/scratch/plan.flat" || [ $? -eq 1 ]
}

step_directive() {
    STEP=4/7
    say step4
    mkdir -p "$OUT"
    gv letter read "$LETTER" >"$OUT/letter.txt"
    say letter
    sed -n '/^$/,$p' "$OUT/letter.txt" | sed 1d | without_folder >"$OUT/letter-faults.txt"
    show "$OUT/letter-faults.txt" 12
    gv directive plan "$LETTER" "$BREAKDOWN" >"$OUT/plan-open.txt" || [ $? -eq 65 ]
    gv directive plan "$LETTER" "$BREAKDOWN" --decisions "$DECISIONS" >"$OUT/plan.txt"
    say plan
    sed -n '1,10s/^/     /p' "$OUT/plan.txt"
    say more "$(wc -l <"$OUT/plan.txt")" "$OUT/plan.txt"
    plan_changes >"$DATA/scratch/decided"
    say plan_open
    sed -n 's/^< /     /p' "$DATA/scratch/decided"
    say plan_decided
    sed -n 's/^> /     /p' "$DATA/scratch/decided"
    gv directive approve "$LETTER" "$BREAKDOWN" --decisions "$DECISIONS" --yes --reason 'Phê duyệt phân rã (trình diễn)' >"$DATA/log/approve.out"
    gv directive issue "$LETTER" "$BREAKDOWN" --decisions "$DECISIONS" --yes --reason 'Ban hành (trình diễn)' >"$DATA/log/issue.out"
    gv assignment list --json >"$DATA/scratch/assignments.ndjson"
    say issued "$(wc -l <"$DATA/scratch/assignments.ndjson")" "$(jq -r .unit "$DATA/scratch/assignments.ndjson" | sort -u | wc -l)"
    await 60 "$(say receiving '…' '…' '…')" orders_arrived
}
