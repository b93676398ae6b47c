# shellcheck shell=bash disable=SC2034,SC2153 # variables are shared with the script that reads this
# Steps 5 and 6: three months by the stepped clock. It writes the units' files, calls the command line, starts and stops
# processes, and cuts through the proxies; nothing else.

STEPS=(2024-01-02 2024-01-03 2024-01-08 2024-01-15 2024-01-22 2024-01-29 2024-01-31 2024-02-01 2024-02-05
    2024-02-07 2024-02-08 2024-02-09 2024-02-10 2024-02-11 2024-02-12 2024-02-13 2024-02-14 2024-02-15
    2024-02-19 2024-02-20 2024-02-26 2024-02-27 2024-02-29 2024-03-04 2024-03-11 2024-03-18 2024-03-25
    2024-03-29 2024-03-31 2024-04-02)
LAST_DAY=2024-04-03 # the summary's: all reports of the step before are in

tasks_table() {
    local number
    gv task list --json | jq -r .task | while read -r number; do
        gv task show "$number" --json
    done | jq -r -f "$PARTS/tasks.jq" >"$DATA/scratch/tasks.tsv"
}

list_assignments() {
    gv assignment list --json >"$DATA/scratch/assignments.ndjson"
    jq -r '[.unit, .task, .assignment, .epoch, .role, .state, .issued[:10]] | join("\t")' "$DATA/scratch/assignments.ndjson" |
        LC_ALL=C sort >"$DATA/scratch/assignments.tsv"
}

# first_assignment UNIT TASK [STATES]: an id, or nothing.
first_assignment() {
    awk -F'\t' -v unit="$1" -v task="$2" -v states="${3-}" \
        '$1 == unit && $2 == task && (states == "" || index(states, $6)) {print $3; exit}' "$DATA/scratch/assignments.tsv"
}

# The units' systems hand over their files for a day: each is written whole beside and moved into its place.
write_status() { # DAY
    rm -f "$DATA"/next/*.json
    awk -v day="$1" -v out="$DATA/next" -f "$EXAMPLE/scenario.awk" "$SCENARIO" "$DATA/scratch/tasks.tsv" "$DATA/scratch/assignments.tsv"
    local unit
    for unit in "${UNITS[@]}"; do # who holds nothing says that, too
        [ -e "$DATA/next/$unit.json" ] || printf '{"unit":"%s","as_of":"%s","tasks":[]}\n' "$unit" "$1" >"$DATA/next/$unit.json"
    done
    mv -f "$DATA"/next/*.json "$DATA/status/"
}

# The clock goes on when everybody connected has reported the present day: what happens next happens after it in every run.
step_to() { # DAY
    gv deployment step --to "$1" --wait 60 --yes >>"$DATA/log/step.out"
}

# On a terminal the live board has the screen while the months pass; what happens meanwhile is told when it ends. Elsewhere
# the board is printed now and then.
STORY=''
live_begin() {
    [ -t 1 ] || return 0
    STORY=$DATA/scratch/story.txt
    exec 4>&1
    setsid "$GIAOVIEC" --home "$DATA/home" --as admin board --follow >&4 2>>"$DATA/log/board.log" </dev/null &
    PIDS["board"]=$!
    disown "$!"
    exec >"$STORY"
}

live_end() {
    [ -n "$STORY" ] || return 0
    stop board
    exec >&4 4>&-
    echo
    cat "$STORY"
    STORY=''
}

draw_board() {
    [ -z "$STORY" ] || return 0
    gv board --once >"$DATA/scratch/board.txt"
    say board
    sed -n '1,20s/^/     /p' "$DATA/scratch/board.txt"
    sed -n '$s/^/     /p' "$DATA/scratch/board.txt"
}

show_day() { # DAY INDEX
    say day "$1" "$2" ${#STEPS[@]}
}

# ---- what persons do on the morning of a day: all reports of the day before are in ---------------------------------------------------

rule_rows() { # RULE…: rule, unit, task, a, b, text of each row
    awk -F'\t' -v OFS='\x1f' -v rules=" $* " '!/^#/ && index(rules, " " $1 " ") {$1 = $1; print}' "$SCENARIO"
}

happenings() { # DAY
    local unit task a b text rule
    while IFS=$'\x1f' read -r rule unit task a b text; do
        case $rule:$1 in
        return:"$(step_after "$a")") office_reissues "$unit" "$task" "$b" "$text" ;;
        redo:"$a") office_asks_again "$unit" "$task" "$text" ;;
        esac
    done < <(rule_rows return redo)
    case $1 in
    2024-02-01 | 2024-03-04 | 2024-04-02) members_report "$1" ;;
    esac
    case $1 in
    2024-02-12 | 2024-02-19 | 2024-02-29 | 2024-03-11 | 2024-03-25 | 2024-03-29 | 2024-04-02) office_approves ;;
    esac
}

step_after() { # DAY: the first step after it
    local day
    for day in "${STEPS[@]}"; do
        if [[ $day > $1 ]]; then
            echo "$day"
            return
        fi
    done
}

office_reissues() { # UNIT TASK TO REASON
    list_assignments
    local id
    id=$(first_assignment "$1" "$2" RETURNED)
    [ -n "$id" ] || give_up "no returned assignment of $1 for $2"
    say returned "$1" "$2" "$4" "$3"
    gv_as vp1 assignment reissue "$id" --to "$3" --reason "Giao lại theo đề nghị của $1 (trình diễn)" --yes >>"$DATA/log/reissue.out"
}

office_asks_again() { # UNIT TASK REASON
    list_assignments
    local id
    id=$(first_assignment "$1" "$2" SUBMITTED)
    [ -n "$id" ] || give_up "no submitted assignment of $1 for $2"
    say redo "$1" "$2"
    gv_as vp1 assignment redo "$id" --reason "$3" --yes >>"$DATA/log/redo.out"
}

office_approves() {
    gv_as vp1 assignment approve --all-submitted --reason 'Duyệt kết quả (trình diễn)' --yes --json >"$DATA/scratch/approved.json"
    say approved "$(jq -s 'map(.done // empty) | add // 0' "$DATA/scratch/approved.json")"
}

# 6.1 to 6.3 are held by bodies of committee members: a member signs for the body.
members_report() { # DAY
    local rule unit task member rest n=0
    list_assignments
    while IFS=$'\x1f' read -r rule unit task member rest; do
        while read -r task; do
            n=$((n + 1))
            member_acts "$1" "$unit" "$task" "$member" "$n"
        done < <(awk -F'\t' -v unit="$unit" '$1 == unit {print $2}' "$DATA/scratch/assignments.tsv")
        [ "$1" != 2024-02-01 ] || say member "$member" "$unit"
    done < <(rule_rows member)
}

member_acts() { # DAY BODY TASK MEMBER N
    local day=$1 body=$2 task=$3 member=$4
    local periods=()
    if [ "$day" = 2024-02-01 ]; then
        gv_as "$member" assignment accept --task "$task" --unit "$body" --person "$member" --yes >>"$DATA/log/member.out"
    fi
    # Where the task has monthly reports: the month before.
    if awk -F'\t' -v task="$task" '$1 == task && $4 == "MONTHLY" {found = 1} END {exit !found}' "$DATA/scratch/tasks.tsv"; then
        case $day in
        2024-02-01) periods=(--period 2024-01-02) ;;
        2024-03-04) periods=(--period 2024-02-01) ;;
        *) periods=(--period 2024-03-01) ;;
        esac
    fi
    gv_as "$member" assignment report --task "$task" --unit "$body" "${periods[@]}" --progress $((5 + ${day:6:1} * 7 + $5)) \
        --narrative "Đến ngày $day: đã theo dõi, đôn đốc (số liệu trình diễn)" --yes >>"$DATA/log/member.out"
}

# ---- links and processes ------------------------------------------------------------------------------

unit_row() { # UNIT JQ-EXPRESSION
    gv unit show "$1" --json | jq -r "$2"
}
is_connected() { [ "$(unit_row "$1" .connected)" = true ]; }
is_gone() { [ "$(unit_row "$1" .connected)" = false ]; }

# How many reports an agent has made that are not receipted yet.
waiting_reports() { # UNIT
    "$AGENT" status --config "$DATA/agents/$1.conf" --json |
        jq -r --arg unit "$1" '.units[] | select(.unit == $unit) | .report_n - .receipted_n'
}
has_waiting() { [ "$(waiting_reports "$1")" -gt 0 ]; }
has_none_waiting() { [ "$(waiting_reports "$1")" -eq 0 ]; }

knows_day() { # UNIT DAY
    "$AGENT" status --config "$DATA/agents/$1.conf" --json |
        jq -e --arg unit "$1" --arg day "$2" '.units[] | select(.unit == $unit) | .business_day == $day' >/dev/null
}

cut_link() { # UNIT DAY: the agent stamps what it makes meanwhile with the last day that it knows
    await 30 "$1" knows_day "$1" "$2"
    link_cut "$1"
    say cut "$1"
    await 60 "$(say cut "$1")" is_gone "$1"
}

heal_link() { # UNIT PORT
    local waiting
    waiting=$(waiting_reports "$1")
    link_up "$1" "$2" "${PORTS[0]}"
    await 60 "$1" is_connected "$1"
    await 60 "$1" has_none_waiting "$1"
    say healed "$1" "$waiting"
}

# ---- 6: the late unit --------------------------------------------------------------------------------

move_late_unit() { # DAY
    STEP=6/7
    live_end
    local to one item
    to=$(rule_field takes 2)
    say step6
    cut_link "$LATE" "$1"
    list_assignments
    write_status "$1" # the late unit's systems have new figures; its agent cannot send them
    await 60 "$LATE" has_waiting "$LATE"
    one=$(open_leads "$LATE" | awk -F'\t' 'NR == 1 {print $3}')
    item=$(open_leads "$LATE" | awk -F'\t' '{split($2, n, "."); if (NR == 1) first = n[1]; else if (n[1] != first) {print n[1]; exit}}')
    say transfer_one "$LATE" "$to"
    transfer "$to" "$one"
    say transfer_filter "$item"
    transfer "$to" --unit "$LATE" --item "$item"
    say transfer_all
    transfer "$to" --unit "$LATE"
    heal_link "$LATE" "${PORTS[5]}"
    gv assignment list --late-evidence --unit "$LATE" --json >"$DATA/scratch/late.ndjson"
    say late_evidence "$LATE" "$(wc -l <"$DATA/scratch/late.ndjson")" "$to"
    [ -s "$DATA/scratch/late.ndjson" ] || give_up "no late evidence of $LATE"
    gv assignment list --late-evidence --unit "$LATE" >"$OUT/late-evidence.txt"
    show "$OUT/late-evidence.txt" 6
    STEP=5/7
    live_begin
}

open_leads() { # UNIT
    awk -F'\t' -v unit="$1" '$1 == unit && $5 == "LEAD" && $6 != "COMPLETED"' "$DATA/scratch/assignments.tsv"
}

transfer() { # TO WHAT…
    local to=$1 log=$OUT/transfers.txt
    shift
    gv assignment transfer "$@" --to "$to" --reason "$LATE chậm báo cáo, chậm thực hiện (trình diễn)" --dry-run >"$DATA/scratch/preview.txt"
    gv assignment transfer "$@" --to "$to" --reason "$LATE chậm báo cáo, chậm thực hiện (trình diễn)" --yes >"$DATA/scratch/transfer.txt"
    cat "$DATA/scratch/preview.txt" "$DATA/scratch/transfer.txt" >>"$log"
    say preview
    show_short "$DATA/scratch/preview.txt" 4
    say results
    show_short "$DATA/scratch/transfer.txt" 8
}

show_short() { # FILE LINES
    sed -n "1,$2{s/^/     /;p}" "$1"
    local n
    n=$(wc -l <"$1")
    [ "$n" -le "$2" ] || say more $((n - $2)) "$OUT/transfers.txt"
}

# ---- 5 -----------------------------------------------------------------------------------------------

step_months() {
    STEP=5/7
    say step5
    : >"$OUT/transfers.txt"
    tasks_table
    local index=0 day silent cut_from cut_to late_day
    silent=$(rule_field silent 2)
    cut_from=$(rule_field cut 4) cut_to=$(rule_field cut 5) late_day=$(rule_field late 4)
    live_begin
    for day in "${STEPS[@]}"; do
        index=$((index + 1))
        [ "$index" -eq 1 ] || step_to "$day"
        show_day "$day" "$index"
        happenings "$day"
        case $day in
        "$(rule_field silent 4)")
            stop "agent-$silent"
            await 60 "$silent" is_gone "$silent"
            say silent "$silent"
            ;;
        "$cut_from") cut_link "$CUT" "$day" ;;
        "$late_day") move_late_unit "$day" ;;
        esac
        list_assignments
        write_status "$day"
        [ "$day" != "$cut_to" ] || heal_link "$CUT" "${PORTS[4]}"
        case $day in 2024-01-31 | 2024-02-15 | 2024-03-31) draw_board ;; esac
    done
    step_to "$LAST_DAY"
    live_end
}
