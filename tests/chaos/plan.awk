# The plan of a run from its seed: "WAVE LANE WAIT-MS FAULT ARGUMENTS". Variables: seed, waves, agents, long.
# The lane "last" comes when all others are through.
function draw(n) { return int(rand() * n) }
function pick(words,   list) { return list[1 + draw(split(words, list, " "))] }
function say(lane, wait, words) { print wave, lane, wait, words }
function agent() { return "a" (1 + draw(agents)) }
# All processes, each to be cut in some way, in the order in which they are mended, MS after the one before: NAME:HOW:MS.
function everybody(   list, n, i, j, other, line) {
    for (i = 1; i <= agents; i++) list[++n] = "a" i
    list[++n] = "c1"
    list[++n] = "c2"
    for (i = n; i > 1; i--) {
        j = 1 + draw(i)
        other = list[i]
        list[i] = list[j]
        list[j] = other
    }
    for (i = 1; i <= n; i++) line = line " " list[i] ":" pick("in out both rst") ":" draw(int(3000 / n))
    return line
}
BEGIN {
    srand(seed)
    for (wave = 1; wave <= waves; wave++) {
        for (i = 0; i < 36; i++)
            say("kill", 300 + draw(500), "kill " (draw(4) == 0 ? pick("c1 c2") : agent()))
        for (i = 0; i < 3; i++)
            say("pause", 800 + draw(2000), "pause " pick("c1 c2 " agent() " " agent()) " " (long ? pick("3000 3000 8000 30000") : pick("1000 3000 4500")))
        for (i = 0; i < 7; i++) {
            say("cut1", 200 + draw(900), "cut " agent() " " pick("in out both rst") " " 800 + draw(4000))
            say("cut2", 200 + draw(900), "cut " pick("c1 c2") " " pick("in out both rst") " " 500 + draw(3000) " " pick(agent() " primary"))
        }
        say("proxy", 500, "proxy " 4000 + draw(4000))
        say("proxy", 3000, "proxy " 4000 + draw(4000))
        say("clock", 500, "clock " agent() " " pick("86400 -86400 126144000 -126144000")) # an agent keeps what is younger than ten years
        say("clock", 2000, "clock " pick("c1 c2") " " pick("86400 -86400 315360000 -315360000"))
        say("clock", 2000, "clock " pick("c1 c2") " " pick("-1700000000 0 0"))
        # Both nodes' clocks for a while (a day ahead all acts are past their hour); or one node's, so that the failover is a jump.
        if (wave % 2) {
            say("clock", 1000 + draw(2000), "dbclock " pick("86400 -86400") " db1 db2")
            say("clock", 1500 + draw(2500), "dbclock 0 db1 db2")
        } else
            say("base", 300, "dbclock -86400 " pick("db1 db2"))
        say("disk", 1000 + draw(3000), "disk 1500")
        say("disk", 2000 + draw(3000), "disk 1500")
        for (i = 0; i < 5; i++)
            say("base", 300 + draw(1500), "crash " pick("quit kill"))
        say("base", 500 + draw(1000), "promote " pick("quit kill"))
        if (wave % 2 == 0)
            say("base", 300, "dbclock 0 db1 db2")
        say("base", 500 + draw(1000), wave % 4 == 1 ? "island" : wave % 4 == 2 ? "alone 2" : wave % 4 == 3 ? "cancel" : "dbdisk 1500")
        say("last", 300, "cuts " 1500 + draw(1500) everybody())
    }
}
