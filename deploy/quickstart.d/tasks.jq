# `giaoviec task list --json` (one task a line) -> tasks.tsv of scenario.awk
def text: if . == null then "" else tostring end;
[ .task,
  (.kinds | join("+")),
  (.due | text),
  (.calendar.cadence | text), (.calendar.from | text), (.calendar.to | text), (.calendar.grace_days // 0 | text),
  ([.calendar.windows[]? | "\(.from):\(.to):\(.cadence)"] | join(";")),
  ([.indicators[]? | "\(.code)|\(.direction)|\(.target | text)|\(.target_high | text)|\(.aggregation | text)|\(.measure | gsub("[|;]"; " "))"] | join(";")),
  ([.clauses[]? | "\(.clause)|\(.from | text)|\(.to | text)|\(.due | text)"] | join(";"))
] | join("\t")
