# summary.json without what names the run: ids, places in the ledger, and which links are up at the end.
walk(if type == "object" then del(.assignment, .deployment, .snapshot, .position, .rows, .connected) else . end)
