# What the agents' logs say of each report: UNIT N TIMES COORDINATORS STALE, tabs between: how often it was sent, to whom (blanks
# between), and 1 where the answer was that it came too late.
function field(key,   at, rest) {
    at = index($0, " " key "=")
    if (at == 0) return ""
    rest = substr($0, at + length(key) + 2)
    sub(/ .*/, "", rest)
    return rest
}
/>phase / && field("phase") == "live" { peer[field("unit")] = field("coordinator") }
/>reports-sent / {
    unit = field("unit")
    last = field("last") + 0
    for (n = field("first") + 0; n <= last; n++) {
        report = unit "\t" n
        times[report]++
        if (index(to[report] " ", " " peer[unit] " ") == 0) to[report] = to[report] " " peer[unit]
    }
}
/>report-stale / { stale[field("unit") "\t" field("n")] = 1 }
END {
    for (report in times) print report "\t" times[report] "\t" substr(to[report], 2) "\t" (stale[report] + 0)
}
