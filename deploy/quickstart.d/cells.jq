# summary.json -> name, count: what a demonstration must have
. as $s
| (["done_on_time", "done_late", "open_in_time", "open_overdue", "done_no_due", "open_no_due"][] as $n
   | "\($n)\t\([$s.items[][$n]] | add)"),
  "periods_missed\t\([$s.periods[] | select(.by == "task") | .missed] | add)",
  "breaches\t\([$s.attestations[] | select(.by == "clause") | .breaches] | add)",
  "silent_units\t\($s.silent | length)"
