# scenario.awk - the units' status files for one day of the demonstration. Everything is invented, and the same
# in every run: figures come from a hash of unit, task and indicator, never from a clock or a random source.
#
#   awk -v day=2024-02-08 -v out=DIR -f scenario.awk scenario.tsv tasks.tsv assignments.tsv
#
# scenario.tsv     see its head
# tasks.tsv        task, kinds, due, cadence, from, to, grace, windows (from:to:cadence;…),
#                  indicators (code|direction|target|target_high|aggregation|measure;…), attestations (clause|from|to|due;…)
# assignments.tsv  unit, task, assignment, epoch, role, state, day of the order; sorted by unit
# Writes DIR/UNIT.json for every unit that holds an assignment.

BEGIN {
    FS = "\t"
    split("0 31 59 90 120 151 181 212 243 273 304 334", month_start, " ")
    for (i = 32; i < 256; i++)
        ordinal[sprintf("%c", i)] = i
    now = number(day)
    new_year = number("2024-01-01")
}

FNR == 1 { file++ }

file == 1 {
    if ($0 !~ /^#/ && NF > 1) {
        rules[$1] = rules[$1] " " NR
        rule_unit[NR] = $2; rule_task[NR] = $3; rule_a[NR] = $4; rule_b[NR] = $5; rule_text[NR] = $6
    }
    next
}

file == 2 { task_read(); next }

$5 != "FOLLOW" {
    if ($5 == "LEAD")
        leads[$2]++
    lines[++line_count] = $0
}

END {
    for (i = 1; i <= line_count; i++) {
        split(lines[i], f, "\t")
        if (f[1] != unit)
            unit_begin(f[1])
        assignment(f[2], f[3], f[4], f[5], f[6], f[7])
    }
    unit_end()
}

# ---- days ----------------------------------------------------------------------------------------------

function leap(y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0 }

# days since 1970-01-01
function number(text,    p, y) {
    split(text, p, "-")
    y = p[1] - 1
    return y * 365 + int(y / 4) - int(y / 100) + int(y / 400) + month_start[p[2] + 0] + (p[2] > 2 && leap(p[1] + 0)) + p[3] - 719163
}

function parts(n,    y, left, m) { # into YEAR, MONTH, MDAY
    y = 1970 + int(n / 366)
    while (number((y + 1) "-01-01") <= n)
        y++
    left = n - number(y "-01-01")
    for (m = 12; m > 1; m--)
        if (left >= month_start[m] + (m > 2 && leap(y)))
            break
    YEAR = y; MONTH = m; MDAY = left - month_start[m] - (m > 2 && leap(y)) + 1
}

function text_of(n) { parts(n); return sprintf("%04d-%02d-%02d", YEAR, MONTH, MDAY) }
function people(n) { parts(n); return sprintf((MONTH < 3 ? "%02d/%02d/%d" : "%02d/%d/%d"), MDAY, MONTH, YEAR) }

# ---- the invented part ---------------------------------------------------------------------------------

# 0 … 9999 of a string
function hash(s,    i, h, n) {
    h = 7919
    n = length(s)
    for (i = 1; i <= n; i++)
        h = (h * 131 + ordinal[substr(s, i, 1)]) % 1000003
    h = (h * 7907 + 104729) % 1000003
    return h % 10000
}

# The first row of a rule that fits, or 0. begins: only rows whose day (a) has come.
function rule(name, u, t, begins,    list, n, i) {
    n = split(rules[name], list, " ")
    for (i = 1; i <= n; i++)
        if ((rule_unit[list[i]] == "*" || rule_unit[list[i]] == u) && (rule_task[list[i]] == "*" || rule_task[list[i]] == t) &&
            (!begins || number(rule_a[list[i]]) <= now))
            return list[i]
    return 0
}

# ---- tasks and their calendars -------------------------------------------------------------------------

function task_read(    t) {
    t = $1
    kinds[t] = $2
    due[t] = $3 == "" ? 0 : number($3)
    indicators[t] = $9
    attestations[t] = $10
    period_count[t] = 0
    if ($5 != "")
        calendar($1, $4, number($5), number($6), $7 + 0, $8)
}

function calendar(t, cadence, from, to, grace, windows,    list, n, i, w) {
    n = split(windows, list, ";")
    for (i = 1; i <= n; i++) {
        if (split(list[i], w, ":") < 3)
            continue
        piece(t, cadence, from, number(w[1]) - 1, grace)
        piece(t, w[3], number(w[1]), number(w[2]), grace)
        from = number(w[2]) + 1
    }
    piece(t, cadence, from, to, grace)
}

function piece(t, cadence, from, to, grace,    last) {
    if (cadence == "" || cadence == "NONE")
        return
    while (from <= to && from <= now) {
        last = period_end(cadence, from, to)
        if (last > to)
            last = to
        period_count[t]++
        first_day[t, period_count[t]] = from
        last_day[t, period_count[t]] = last
        from = last + 1
    }
}

function period_end(cadence, n, to,    m) {
    if (cadence == "DAILY")
        return n
    if (cadence == "WEEKLY")
        return n + 6 - (n + 3) % 7
    if (cadence == "MONTHLY") m = 1
    else if (cadence == "QUARTERLY") m = 3
    else if (cadence == "HALF_YEARLY") m = 6
    else if (cadence == "YEARLY") m = 12
    else return to
    parts(n)
    m = int((MONTH - 1) / m) * m + m
    return m == 12 ? number(YEAR "-12-31") : number(sprintf("%d-%d-01", YEAR, m + 1)) - 1
}

# ---- a unit's document ---------------------------------------------------------------------------------

function quote(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }

function unit_begin(u) {
    unit_end()
    unit = u
    path = out "/" u ".json"
    printf "{\"unit\":%s,\"as_of\":\"%s\",\"person\":%s,\"tasks\":[", quote(u), day, quote("Lãnh đạo " u " (trình diễn)") > path
    separator = ""
}

function unit_end() {
    if (unit == "")
        return
    printf "]}\n" > path
    close(path)
    unit = ""
}

function open(state) { return state == "DELIVERED" || state == "ACCEPTED" || state == "IN_PROGRESS" || state == "SUBMITTED" }

function assignment(t, id, epoch, role, state, issued,    r, s) {
    r = rule("return", unit, t, 1)
    if (r && epoch == 1 && (open(state) && state != "SUBMITTED")) {
        emit(t, id, ",\"return\":" quote(rule_text[r]))
        return
    }
    if (!open(state))
        return
    s = periods(t, number(issued)) attests(t) result(t, role)
    if (s != "")
        emit(t, id, s)
}

function emit(t, id, s) {
    printf "%s\n{\"task\":\"%s\",\"assignment\":\"%s\"%s}", separator, t, id, s > path
    separator = ","
}

# Periods reported so far, from the day of the order on, the figures as of the last of them, progress, a sentence.
function periods(t, issued,    i, list, last, wait, r, s, n) {
    r = rule("delay", unit, t)
    wait = r ? rule_a[r] : 0
    last = 0
    list = ""
    for (i = 1; i <= period_count[t]; i++) {
        if (last_day[t, i] + wait > now)
            break
        if (last_day[t, i] < issued) # before it was given to this unit
            continue
        last = last_day[t, i]
        if (missed(t, first_day[t, i]))
            continue
        list = list (list == "" ? "" : ",") "\"" text_of(first_day[t, i]) "\""
        n++
    }
    if (period_count[t] == 0)
        last = month_end_before(now - wait)
    if (last < new_year)
        return ""
    s = ",\"progress\":" progress(t, last) ",\"narrative\":" quote("Đến ngày " people(last) ": đã thực hiện (số liệu trình diễn)")
    s = s values(t, last)
    return list == "" ? s : s ",\"periods\":[" list "]"
}

function missed(t, first,    list, n, i, k) {
    n = split(rules["miss"], list, " ")
    for (i = 1; i <= n; i++) {
        k = list[i]
        if ((rule_unit[k] == "*" || rule_unit[k] == unit) && (rule_task[k] == "*" || rule_task[k] == t) &&
            first >= number(rule_a[k]) && first <= number(rule_b[k]))
            return 1
    }
    return 0
}

function month_end_before(n) {
    parts(n + 1)
    return n - (MDAY == 1 ? 0 : MDAY - 1)
}

function progress(t, last,    to, p) {
    to = due[t] ? due[t] : number("2024-12-31")
    p = int(100 * (last - new_year + 1) / (to - new_year + 1) * (85 + hash(unit t "p") % 25) / 100)
    return p > 95 ? 95 : (p < 1 ? 1 : p)
}

function values(t, last,    list, n, i, p, s, v) {
    n = split(indicators[t], list, ";")
    s = ""
    v = ""
    for (i = 1; i <= n; i++) {
        if (split(list[i], p, "|") < 6)
            continue
        v = figure(t, p[1], p[2], p[3], p[4], p[5], p[6], last, v)
        s = s (s == "" ? "" : ",") quote(p[1]) ":" (v == "null" ? v : quote(v))
    }
    return s == "" ? "" : ",\"values\":{" s "}"
}

# before: the figure of the indicator before it, "" for the first
function figure(t, code, direction, target, high, aggregation, measure, last, before,    r, h, share, grown) {
    h = hash(unit t code)
    grown = (last - new_year + 1) / 366
    r = rule("unknown", unit, t)
    if (kinds[t] ~ /PROHIBITION/)
        return rule("breach", unit, t, 1) ? 1 : 0
    if (before == "null" || (r && last < number("2024-02-01") && h % 100 < rule_a[r]))
        return "null"
    r = rule("part", unit, code)
    if (r && before != "")
        return int(before * (rule_a[r] + h % (rule_b[r] - rule_a[r] + 1)) / 100)
    r = rule("level", unit, code)
    if (r)
        return decimal(rule_a[r] + (h % 1000) / 1000 * (rule_b[r] - rule_a[r]), target, measure)
    if (direction == "DOWN" && target == "0")
        return h % 100 < 95 ? 0 : 1 + int(h % 5 * grown)
    if (direction == "DOWN")
        return target == "" ? int(h % 11 * grown * 3) : decimal(target * (50 + h % 60) / 100, target, measure)
    if (direction == "RANGE")
        return decimal(target + (high - target) * (h % 120) / 100, target, measure)
    if (target == "")
        return int((6 + h % 60) * grown * 4)
    share = target
    if (aggregation == "SUM" && leads[t] > 1)
        share = target / leads[t]
    share = share * grown * 366 / ((due[t] ? due[t] : new_year + 365) - new_year + 1) * (80 + h % 36) / 100
    return decimal(measure ~ /%/ && share > 100 ? 100 : share, target, measure)
}

# As many decimals as people would write.
function decimal(v, target, measure) {
    if (measure ~ /%/ || index(target, "."))
        return sprintf("%.1f", v)
    return sprintf("%d", int(v + 0.5))
}

# One attestation a clause, once its period is over; a few heads forget it.
function attests(t,    list, n, i, p, ready, e, b, m, s) {
    n = split(attestations[t], list, ";")
    s = ""
    for (i = 1; i <= n; i++) {
        if (split(list[i], p, "|") < 4)
            continue
        ready = number(p[3]) + hash(unit t "a") % 3 - 1
        if (now < ready || (rule("delay", unit, t) && now < number(p[4]) + 3) || forgets(t, i))
            continue
        b = happening("breach", t, p[2], p[3])
        e = happening("exception", t, p[2], p[3])
        m = happening("permit", t, p[2], p[3])
        s = s (s == "" ? "" : ",") "{\"clause\":" p[1] ",\"person\":" quote("Thủ trưởng " unit " (trình diễn)") \
            ",\"compliant\":" (b == "" ? "true" : "false") ",\"exceptions\":[" e "],\"permits\":[" m "],\"breaches\":[" b "]}"
    }
    return s == "" ? "" : ",\"attest\":[" s "]"
}

function forgets(t, i) {
    return hash(unit t i "skip") % 100 < 3 && !rule("breach", unit, t) && !rule("exception", unit, t) && !rule("permit", unit, t)
}

# «,"values":{…}» without its wrapping
function inside(s) { return substr(s, 12, length(s) - 12) }

# What a rule says happened between two days, or nothing.
function happening(name, t, from, to,    r) {
    r = rule(name, unit, t)
    if (!r || rule_a[r] < from || rule_a[r] > to)
        return ""
    return "{\"text\":" quote(rule_text[r] " (số liệu trình diễn)") ",\"day\":\"" rule_a[r] "\"}"
}

# A result is handed in on time, late, or never.
function result(t, role,    h, r, at) {
    if (role != "LEAD")
        return ""
    h = hash(unit t "submit") % 100
    at = 0
    if (due[t] && due[t] < number("2024-04-02")) {
        r = rule("submit", unit, t)
        if (r && h < rule_a[r])
            at = due[t] - hash(unit t "early") % 12
        else if (r && h < rule_a[r] + rule_b[r])
            at = due[t] + 1 + hash(unit t "late") % 5
        if (at && rule("delay", unit, "*"))
            at = due[t] + rule_a[rule("delay", unit, "*")]
    } else if (!due[t]) {
        r = rule("finish", unit, t)
        if (r && h < rule_b[r])
            at = number(rule_a[r]) + hash(unit t "day") % 10
    }
    r = rule("redo", unit, t)
    if (r)
        at = (due[t] ? due[t] : number(rule_a[r])) - 2
    if (!at || now < at)
        return ""
    return ",\"submit\":{\"narrative\":" quote("Đã hoàn thành nhiệm vụ " t (r && now > number(rule_a[r]) ? ", đã bổ sung theo yêu cầu" : "") " (số liệu trình diễn)") \
        ",\"values\":{" inside(values(t, at)) "}}"
}
