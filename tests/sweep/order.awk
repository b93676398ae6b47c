# Order: whatever is written under the folder's data is durable before the agent tells anybody: before each frame that it
# sends (a line "sent …" that the peer writes), before its ready line, before it calls a report by hand accepted; and between
# that report and its answer the spool has been synced. -v folder=… -v must="…": of ready, answer; trace: strace -f -y
function path_of_fd(line,    path) {
    path = line
    if (!match(path, /\([0-9]+<[^>]*>/)) return ""
    path = substr(path, RSTART, RLENGTH)
    sub(/^\([0-9]+</, "", path)
    sub(/>$/, "", path)
    return path
}
function quoted(line, n,    i, path) {
    for (i = 1; i <= n && match(line, /"[^"]*"/); i++) {
        path = substr(line, RSTART + 1, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH)
    }
    return path
}
function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
# The lock file and the index of the WAL hold nothing that must survive.
function counts(path) { return index(path, folder "/data") == 1 && path !~ /(-shm|\/lock)$/ }
function told(kind, what,    path) {
    checks++
    said[kind] = 1
    for (path in dirty) {
        print "not durable when " what ": " path " (" dirty[path] ")"
        bad++
    }
}
!/ = -?[0-9]/ { next }
/ = -1 / { next }
/^[0-9]+ +(write|pwrite64|ftruncate|fallocate)\(/ {
    path = path_of_fd($0)
    if (counts(path)) {
        dirty[path] = "written"
        if (path in made) dirty[folder_of(path)] = "a new name: " path
        delete made[path]
    }
    if (path ~ /\/peer$/ && index($0, "\"sent ") > 0) told("frame", quoted($0, 1))
    if (index($0, "ready units") > 0) told("ready", "ready")
}
/^[0-9]+ +read\(/ { if (index($0, "\"{\\\"do\\\":\\\"report\\\"") > 0) synced = 0 }
/^[0-9]+ +sendto\(/ {
    if (index($0, "\"{\\\"ok\\\":true,") > 0) {
        told("answer", "an answer")
        if (!synced) { print "an answer before the spool was synced"; bad++ }
    }
}
/^[0-9]+ +(fsync|fdatasync)\(/ {
    path = path_of_fd($0)
    delete dirty[path]
    if (path ~ /\/spool\.db/) synced = 1
}
/^[0-9]+ +openat\(.*O_CREAT/ { path = quoted($0, 1); if (counts(path) && !(path in seen)) { seen[path] = made[path] = 1 } }
/^[0-9]+ +mkdir\(/ { path = quoted($0, 1); if (counts(path)) dirty[folder_of(path)] = "a new folder: " path }
/^[0-9]+ +(rename|link)\(/ {
    path = quoted($0, 2)
    if (counts(path)) dirty[folder_of(path)] = "a new name: " path
    if ($2 ~ /^rename/) delete dirty[quoted($0, 1)]
}
/^[0-9]+ +unlink\(/ { delete dirty[quoted($0, 1)] }
END {
    count = split(must, kinds, " ")
    for (i = 1; i <= count; i++) if (!(kinds[i] in said)) { print "never told: " kinds[i]; bad++ }
    print checks + 0, bad + 0
}
