# summary.json -> name, count: what a demonstration must have
(.totals.cells // .cells) as $c
| ["done_on_time", "done_late", "open_in_time", "open_overdue", "done_no_due", "open_no_due"][] as $n
| "\($n)\t\($c[$n] // 0)"
