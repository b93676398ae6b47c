# The tries of one target, from the trace of its run without faults: strace -f -y.
# -v target=… -v folder=…. Prints: target call path nth fault
BEGIN {
    split("openat write pwrite64 ftruncate fallocate fsync fdatasync rename renameat link linkat unlink mkdir fchmod close", list)
    for (i in list) changes[list[i]] = 1
    split("openat write pwrite64 ftruncate fallocate fsync fdatasync rename renameat link linkat unlink mkdir close", list)
    for (i in list) space[list[i]] = 1
    split("openat read write pread64 pwrite64 fsync fdatasync ftruncate rename renameat unlink close flock", list)
    for (i in list) interrupted[list[i]] = 1
}

# What -P can name: the last path in the folder that keeps its name from run to run; "*" where none does.
function path_of(line,    rest, found, path) {
    found = "*"
    rest = line
    sub(/ = .*$/, "", rest)
    while (match(rest, /[<"][^<>"]*[>"]/)) {
        path = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        if (index(path, folder "/data") == 1 && path !~ /\.tmp\./) found = "." substr(path, length(folder) + 1)
    }
    return found
}

/^[0-9]+ +[a-z0-9_]+\(/ {
    call = $2
    sub(/\(.*/, "", call)
    all[call]++
    if (index($0, folder "/data") == 0) next
    path = path_of($0)
    key = call " " path
    if (path == "*") nth = all[call]; else nth = ++seen[key]
    print target, call, path, nth, "EIO"
    if (call in space) print target, call, path, nth, "ENOSPC"
    if (call in interrupted) print target, call, path, nth, "EINTR"
    if (call in changes) print target, call, path, nth, "SIGKILL"
}
