# The plan of a run from its seed: "WAVE LANE WAIT-MS FAULT ARGUMENTS". Variables: seed, waves, agents, long.
function draw(n) { return int(rand() * n) }
function pick(words,   list) { return list[1 + draw(split(words, list, " "))] }
function say(lane, wait, words) { print wave, lane, wait, words }
function agent() { return "a" (1 + draw(agents)) }
BEGIN {
    srand(seed)
    for (wave = 1; wave <= waves; wave++) {
        for (i = 0; i < 30; i++)
            say("kill", 300 + draw(600), "kill " (draw(4) == 0 ? pick("c1 c2") : agent()))
        for (i = 0; i < 3; i++)
            say("pause", 800 + draw(2000), "pause " pick("c1 c2 " agent() " " agent()) " " (long ? pick("3000 3000 8000 30000") : pick("1000 3000 4500")))
        for (i = 0; i < 5; i++) {
            say("cut1", 200 + draw(900), "cut " agent() " " pick("in out both rst") " " 800 + draw(4000))
            say("cut2", 200 + draw(900), "cut " pick("c1 c2") " " pick("in out both rst") " " 500 + draw(3000) " " pick(agent() " db1 db2"))
        }
        say("proxy", 500, "proxy " 4000 + draw(4000))
        say("proxy", 3000, "proxy " 4000 + draw(4000))
        say("clock", 500, "clock " agent() " " pick("86400 -86400 126144000 -126144000")) # an agent keeps what is younger than ten years
        say("clock", 2000, "clock " pick("c1 c2") " " pick("86400 -86400 315360000 -315360000"))
        say("clock", 2000, "clock " pick("c1 c2") " " pick("-1700000000 0 0"))
        say("disk", 1000 + draw(3000), "disk 1500")
        say("disk", 2000 + draw(3000), "disk 1500")
        for (i = 0; i < 5; i++)
            say("base", 300 + draw(1500), "crash " pick("quit kill"))
        say("base", 500 + draw(1000), "promote " pick("quit kill"))
        say("base", 500 + draw(1000), wave % 4 == 1 ? "island" : wave % 4 == 2 ? "alone 2" : wave % 4 == 3 ? "cancel" : "dbdisk 1500")
    }
}
