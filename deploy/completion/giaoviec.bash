# bash completion for giaoviec; printed by "giaoviec completion bash"
_giaoviec_keys() {
    local file
    for file in "${GIAOVIEC_HOME:-.}"/keys/*.key; do
        [ -e "$file" ] || continue
        file=${file##*/}
        printf '%s\n' "${file%.key}"
    done
}

_giaoviec() {
    local word=${COMP_WORDS[COMP_CWORD]} before='' noun='' verb='' words='' i
    [ "$COMP_CWORD" -gt 0 ] && before=${COMP_WORDS[COMP_CWORD - 1]}
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --home|--as|--timeout|--reason|--lang|--phrases|--words|--name|--coordinator|--person|--day|--to|--wait|--public|--root|--key|--out|--search|--group|--state|--valid-from|--days|--decisions|--units|--directive|--item|--field|--kind|--unit|--task|--class|--cell|--role|--narrative|--progress|--value|--as-of|--period|--clause|--exception|--permit|--breach|--after|--silent-after) ((i++)) ;;
        -*) ;;
        *)
            if [ -z "$noun" ]; then noun=${COMP_WORDS[i]}
            elif [ -z "$verb" ]; then verb=${COMP_WORDS[i]}; fi
            ;;
        esac
    done
    case "$noun $verb $before" in
    'unit list --state') mapfile -t COMPREPLY < <(compgen -W 'connected disconnected enrolled not-enrolled quarantined body' -- "$word"); return ;;
    'assignment list --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended transferred revoked' -- "$word"); return ;;
    'assignment list --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment list --cell') mapfile -t COMPREPLY < <(compgen -W 'done-on-time done-late open-in-time open-overdue done-no-due open-no-due suspended' -- "$word"); return ;;
    'assignment list --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment transfer --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment transfer --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment transfer --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment reissue --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment reissue --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment reissue --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment uphold --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment uphold --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment uphold --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment approve --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment approve --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment approve --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment redo --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment redo --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment redo --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment revoke --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment revoke --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment revoke --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment accept --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment accept --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment accept --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment return --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment return --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment return --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment report --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment report --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment report --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment submit --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment submit --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment submit --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    'assignment attest --state') mapfile -t COMPREPLY < <(compgen -W 'issued delivered accepted in-progress submitted completed returned not-met suspended' -- "$word"); return ;;
    'assignment attest --class') mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    'assignment attest --role') mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    esac
    case $before in
    --home) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --as) mapfile -t COMPREPLY < <(compgen -W "$(_giaoviec_keys)" -- "$word"); return ;;
    --timeout) COMPREPLY=(); return ;;
    --reason) COMPREPLY=(); return ;;
    --lang) mapfile -t COMPREPLY < <(compgen -W 'vi en' -- "$word"); return ;;
    --phrases) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --words) COMPREPLY=(); return ;;
    --name) COMPREPLY=(); return ;;
    --coordinator) COMPREPLY=(); return ;;
    --person) COMPREPLY=(); return ;;
    --day) COMPREPLY=(); return ;;
    --to) COMPREPLY=(); return ;;
    --wait) COMPREPLY=(); return ;;
    --public) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --root) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --key) COMPREPLY=(); return ;;
    --out) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --search) COMPREPLY=(); return ;;
    --group) COMPREPLY=(); return ;;
    --state) mapfile -t COMPREPLY < <(compgen -W 'connected disconnected enrolled not-enrolled quarantined body' -- "$word"); return ;;
    --valid-from) COMPREPLY=(); return ;;
    --days) COMPREPLY=(); return ;;
    --decisions) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --units) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --directive) COMPREPLY=(); return ;;
    --item) COMPREPLY=(); return ;;
    --field) COMPREPLY=(); return ;;
    --kind) COMPREPLY=(); return ;;
    --unit) COMPREPLY=(); return ;;
    --task) COMPREPLY=(); return ;;
    --class) mapfile -t COMPREPLY < <(compgen -W 'no-due not-due due-soon overdue done-on-time done-late done-no-due' -- "$word"); return ;;
    --cell) mapfile -t COMPREPLY < <(compgen -W 'done-on-time done-late open-in-time open-overdue done-no-due open-no-due suspended' -- "$word"); return ;;
    --role) mapfile -t COMPREPLY < <(compgen -W 'lead coordinate follow' -- "$word"); return ;;
    --narrative) COMPREPLY=(); return ;;
    --progress) COMPREPLY=(); return ;;
    --value) COMPREPLY=(); return ;;
    --as-of) COMPREPLY=(); return ;;
    --period) COMPREPLY=(); return ;;
    --clause) COMPREPLY=(); return ;;
    --exception) COMPREPLY=(); return ;;
    --permit) COMPREPLY=(); return ;;
    --breach) COMPREPLY=(); return ;;
    --after) COMPREPLY=(); return ;;
    --silent-after) COMPREPLY=(); return ;;
    esac
    if [ -z "$noun" ]; then
        words=' letter deployment keyset key unit directive task assignment board feed summary completion --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi
    case $noun in
    letter) [ -n "$verb" ] || words=' read find --help' ;;
    deployment) [ -n "$verb" ] || words=' init show clock disk settle step --help' ;;
    keyset) [ -n "$verb" ] || words=' show publish fetch add-person rotate-person retire-person revoke-person --help' ;;
    key) [ -n "$verb" ] || words=' new show --help' ;;
    unit) [ -n "$verb" ] || words=' list show register token revoke-key lift-quarantine --help' ;;
    directive) [ -n "$verb" ] || words=' plan approve issue list show --help' ;;
    task) [ -n "$verb" ] || words=' list show --help' ;;
    assignment) [ -n "$verb" ] || words=' list show transfer reissue uphold approve redo revoke accept return report submit attest --help' ;;
    board) verb='' ;;
    feed) verb='' ;;
    summary) verb='' ;;
    completion) [ -n "$verb" ] || words=' bash --help' ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi
    case "$noun $verb" in
    'letter read') words=' --phrases --json --lang --help' ;;
    'letter find') words=' --words --json --lang --help' ;;
    'deployment init') words=' --name --demonstration --coordinator --person --home --dry-run --json --lang --help' ;;
    'deployment show') words=' --home --json --lang --help' ;;
    'deployment clock') words=' --home --as --timeout --json --lang --help' ;;
    'deployment disk') words=' --home --as --timeout --json --lang --help' ;;
    'deployment settle') words=' --day --home --as --timeout --json --lang --help' ;;
    'deployment step') words=' --to --wait --home --as --timeout --dry-run --reason --json --lang --help' ;;
    'keyset show') words=' --home --json --lang --help' ;;
    'keyset publish') words=' --home --as --timeout --dry-run --json --lang --help' ;;
    'keyset fetch') words=' --home --as --timeout --json --lang --help' ;;
    'keyset add-person') words=' --public --root --home --dry-run --json --lang --help' ;;
    'keyset rotate-person') words=' --public --root --home --dry-run --json --lang --help' ;;
    'keyset retire-person') words=' --root --home --dry-run --yes --json --lang --help' ;;
    'keyset revoke-person') words=' --key --root --home --dry-run --yes --json --lang --help' ;;
    'key new') words=' --out --home --dry-run --json --lang --help' ;;
    'key show') words=' --home --json --lang --help' ;;
    'unit list') words=' --search --group --state --home --as --timeout --json --lang --help' ;;
    'unit show') words=' --home --as --timeout --json --lang --help' ;;
    'unit register') words=' --valid-from --home --as --timeout --dry-run --reason --json --lang --help' ;;
    'unit token') words=' --all --out --days --coordinator --home --as --timeout --dry-run --reason --json --lang --help' ;;
    'unit revoke-key') words=' --key --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'unit lift-quarantine') words=' --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'directive plan') words=' --decisions --units --home --as --timeout --json --lang --help' ;;
    'directive approve') words=' --decisions --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'directive issue') words=' --decisions --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'directive list') words=' --home --as --timeout --json --lang --help' ;;
    'directive show') words=' --home --as --timeout --json --lang --help' ;;
    'task list') words=' --directive --item --search --field --kind --home --as --timeout --json --lang --help' ;;
    'task show') words=' --directive --home --as --timeout --json --lang --help' ;;
    'assignment list') words=' --unit --task --item --directive --state --class --cell --role --search --ended --late-evidence --home --as --timeout --json --lang --help' ;;
    'assignment show') words=' --home --as --timeout --json --lang --help' ;;
    'assignment transfer') words=' --to --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment reissue') words=' --to --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment uphold') words=' --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment approve') words=' --all-submitted --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment redo') words=' --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment revoke') words=' --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment accept') words=' --person --narrative --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --reason --json --lang --help' ;;
    'assignment return') words=' --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment report') words=' --progress --narrative --value --as-of --period --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --reason --json --lang --help' ;;
    'assignment submit') words=' --narrative --value --as-of --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'assignment attest') words=' --clause --person --compliant --not-compliant --exception --permit --breach --unit --task --item --directive --state --class --role --home --as --timeout --dry-run --yes --reason --json --lang --help' ;;
    'board ') words=' --follow --once --directive --item --home --as --timeout --json --lang --help' ;;
    'feed ') words=' --after --follow --directive --item --unit --home --as --timeout --json --lang --help' ;;
    'summary ') words=' --directive --csv --recount --out --silent-after --home --as --timeout --json --lang --help' ;;
    'completion bash') words=' --json --lang --help' ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _giaoviec giaoviec
