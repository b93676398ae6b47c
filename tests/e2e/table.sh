# shellcheck shell=bash
# Tables of command lines, read by the tests beside it: each is run in Vietnamese and in English, and must give its exit
# status and its words; in Vietnamese an error says no English text of an error.
# Set before: TABLE (a folder for what is said), TOP (the source folder).

TRIED=0 MISTAKEN=0
export GIAOVIEC_LANG="vi"

# try STATUS WORDS COMMAND…
try() {
    local status=$1 words=$2 got=0
    shift 2
    TRIED=$((TRIED + 1))
    timeout 60 "$@" >"$TABLE/said" 2>&1 </dev/null || got=$?
    if [ "$got" -ne "$status" ] || ! grep -qF -- "$words" "$TABLE/said"; then
        echo "FAILED ($GIAOVIEC_LANG): $*: status $got (wanted $status), wanted «$words» in:" && head -n 8 "$TABLE/said"
    elif [ "$GIAOVIEC_LANG" = vi ] && [ "$status" -ne 0 ] && grep -qwFf "$TABLE/english" "$TABLE/said"; then
        echo "FAILED: $*: English in the Vietnamese answer:" && head -n 8 "$TABLE/said"
    else
        return 0
    fi
    MISTAKEN=$((MISTAKEN + 1))
}

# Rows from standard input: STATUS | VIETNAMESE | ENGLISH | COMMAND      # begins a remark, / stands for | in words
table() {
    local status vi en line words before=$GIAOVIEC_LANG
    sed -n 's/^ERR([^"]*"\([^"]*\)".*/\1/p' "$TOP/common/base/err.def" >"$TABLE/english"
    [ "$(wc -l <"$TABLE/english")" -gt 20 ] || { echo "no errors in err.def" && exit 1; }
    while IFS='|' read -r status vi en line; do
        case $status in '' | '#'*) continue ;; esac
        for GIAOVIEC_LANG in vi en; do
            eval "words=($line)"
            [ $GIAOVIEC_LANG = vi ] || vi=$en
            try "$status" "$(table_words "$vi")" "${words[@]}"
        done
    done
    GIAOVIEC_LANG=$before
}
table_words() {
    local text=${1#"${1%%[![:blank:]]*}"}
    text=${text%"${text##*[![:blank:]]}"}
    printf '%s' "${text// \/ / | }"
}
table_end() {
    echo "$TRIED command lines, $MISTAKEN not as they should be"
    [ "$MISTAKEN" -eq 0 ]
}
