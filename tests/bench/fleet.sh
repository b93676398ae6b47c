# shellcheck shell=bash disable=SC2154 # variables are shared with who sources it
# The fleet of a deployment (deployment.sh) as a coprocess, and whether what it was told is what the database holds.
# Variable: fleet, while it runs.

# A link takes seven descriptors, those that end not counted; beyond what that allows, more processes only share two cores.
workers_of() { echo $(($1 > 3000 ? ($1 + 1499) / 1500 : 2)); } # AGENTS

fleet_begin() { # UNITS
    coproc FLEET { exec fleet "$dir/tokens" "$1" "$(workers_of "$1")" "$dir/spools" 2>"$dir/fleet.log"; }
    fleet=$FLEET_PID
    exec {to}>&"${FLEET[1]}" {from}<&"${FLEET[0]}" # a coproc's own descriptors do not reach subshells
    tell watch "$server" "$postmaster" >/dev/null
}
fleet_end() {
    echo end >&"$to"
    exec {to}>&- {from}<&-
    wait "$fleet" || { cat "$dir/fleet.log" >&2; exit 1; }
    fleet=''
}
hear() { local line; read -r line <&"$from" || { tail -n 20 "$dir/fleet.log" "$dir/server.log" >&2; exit 1; }; printf '%s\n' "$line"; }
tell() { printf '%s\n' "$*" >&"$to"; hear; }

# agree: database, ledger and receipts do, and the summary (its recount takes minutes of 10,000 units, and is left out where
# no_recount is set). Otherwise false, and what does not, one line each.
agree() {
    local found
    tell receipts "$dir/receipts" >/dev/null
    cat "$dir"/receipts.* >"$dir/receipts"
    rm -f "$dir"/receipts.*
    found=$(check "$dir/receipts")
    [ -z "$found" ] || {
        printf 'bench: database, ledger and receipts do not agree:\n%s\n' "$found" >&2
        return 1
    }
}

# check RECEIPTS: what does not agree, one line each. A check that itself fails says so. It may take as long as it needs.
check() {
    local since
    sql -c ANALYZE
    sql -v receipts="$1" -f "$top/tests/bench/check.sql" 2>&1 || echo "check.sql failed"
    [ -z "${no_recount-}" ] || return 0
    if giaoviec summary --out "$dir/summary" --json --timeout 120 >/dev/null 2>"$dir/summary.log"; then
        since=${EPOCHREALTIME/[.,]/}
        (cd "$dir/summary" && psql "$reader" -Xq -v lang=en -f recount.sql) >"$dir/recount.log" 2>&1 ||
            echo "the summary is not what the ledger says: $(tail -n 2 "$dir/recount.log" | tr '\n' ' ')"
        echo $(((${EPOCHREALTIME/[.,]/} - since) / 1000)) >"$dir/recount_ms"
    else
        echo "no summary: $(tail -n 1 "$dir/summary.log")"
    fi
}
