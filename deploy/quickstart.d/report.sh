# shellcheck shell=bash disable=SC2034,SC2153 # variables are shared with the script that reads this
# Step 7: the summary, its files, the recount; and what --keep says at the end.

step_summary() {
    STEP=7/7
    say step7
    gv summary | tee "$OUT/summary.txt"
    write_summary >>"$DATA/log/summary.out"
    local file
    for file in summary.json summary.csv recount.sql; do
        [ -s "$OUT/$file" ] || give_up "$OUT/$file"
    done
    check_cells
    recount
    say written "$OUT"
}

# The files of the summary in OUT; once more while the ledger moves on (75).
write_summary() {
    local try status
    for try in 1 2 3 4 5; do
        status=0
        gv summary --out "$OUT" || status=$?
        [ $status -eq 75 ] || return $status
        sleep "$try"
    done
    return 75
}

# The demonstration must show every case that an office meets.
check_cells() {
    local name value
    while IFS=$'\t' read -r name value; do
        [ "$value" -gt 0 ] || give_up cell_empty "$name"
    done < <(jq -r -f "$PARTS/cells.jq" "$OUT/summary.json")
    say cells "$(jq -r -f "$PARTS/cells.jq" "$OUT/summary.json" | awk -F'\t' '$1 == "periods_missed" {print $2}')" \
        "$(jq -r -f "$PARTS/cells.jq" "$OUT/summary.json" | awk -F'\t' '$1 == "breaches" {print $2}')"
}

# The connection strings of the private cluster: owner, coordinator, reader, one a line.
conninfo() { "$GIAOVIECD" db start --data "$DATA/db" 2>/dev/null | sed -n "$1p"; }
reader() { conninfo 3; }

# run_recount: recount.sql of OUT against summary.json of OUT; its words to recount.txt. True when nothing differs.
run_recount() {
    psql "$(reader)" -X -q -v file="$OUT/summary.json" -v lang="$GV_LANG_NAME" -f "$OUT/recount.sql" \
        >"$OUT/recount.txt" 2>"$DATA/log/last-command.log"
}

recount() {
    local status=0
    run_recount || status=$?
    say recount "$(sed -n '$s/.*: *//p' "$OUT/recount.txt")"
    [ $status -eq 0 ] || give_up recount_differs
}

say_how_to_go_on() {
    local stop_script=$DATA/stop name database
    copy_logs
    {
        echo '#!/usr/bin/env bash'
        echo '# Stops everything that this quick start left running, and removes its data.'
        printf 'for pid in'
        for name in "${!PIDS[@]}"; do
            case $name in agent-* | link-*) printf ' %s' "${PIDS[$name]}" ;; esac
        done
        printf ' %s' "${PIDS[giaoviecd-c1]}"
        echo '; do'
        # shellcheck disable=SC2016 # for the script that is written
        echo '    grep -qsE "giaoviec|socat" "/proc/$pid/comm" && kill -TERM -- "-$pid"'
        echo 'done'
        echo 'sleep 1'
        printf '%q db stop --data %q\n' "$GIAOVIECD" "$DATA/db"
        printf 'rm -rf -- %q\n' "$DATA"
    } >"$stop_script"
    chmod 755 "$stop_script"
    say keep
    echo
    printf '     export GIAOVIEC_HOME=%q GIAOVIEC_AS=admin GIAOVIEC_LANG=%s GIAOVIEC_DATA=%q\n' \
        "$DATA/home" "$GV_LANG_NAME" "$GIAOVIEC_DATA"
    printf '     %q board --follow\n' "$GIAOVIEC"
    printf '     %q assignment list --class overdue\n' "$GIAOVIEC"
    printf '     %q summary\n' "$GIAOVIEC"
    database=$(reader)
    echo "     psql ${database@Q}"
    echo
    say keep_running "$(for name in "${!PIDS[@]}"; do printf '%s=%s ' "$name" "${PIDS[$name]}"; done)"
    say keep_stop "$(printf %q "$stop_script")"
}
