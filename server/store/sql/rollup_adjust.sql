-- One row a moved assignment: $1 unit_id, $2 directive, $3 item, $4 role; before (state null: it was not there): $5 state,
-- $6 due_us, $7 submitted_us, $8 submit_due_us; after: $9 state, $10 due_us, $11 submitted_us, $12 submit_due_us
-- A row alone: scalars.
WITH moved AS (
    SELECT unnest($1::int4[]) AS unit_id, unnest($2::uuid[]) AS directive, unnest($3::int4[]) AS item,
           unnest($4::int4[]) AS role, unnest($5::int4[]) AS state0, unnest($6::int8[]) AS due0,
           unnest($7::int8[]) AS submitted0, unnest($8::int8[]) AS submit_due0, unnest($9::int4[]) AS state1,
           unnest($10::int8[]) AS due1, unnest($11::int8[]) AS submitted1, unnest($12::int8[]) AS submit_due1),
step AS (
    SELECT unit_id, directive, item, giaoviec.outcome(role, state0, due0, submitted0, submit_due0) AS outcome,
           coalesce(due0, 0) AS due_us, -1 AS n FROM moved WHERE state0 IS NOT NULL
    UNION ALL
    SELECT unit_id, directive, item, giaoviec.outcome(role, state1, due1, submitted1, submit_due1),
           coalesce(due1, 0), 1 FROM moved)
INSERT INTO giaoviec.rollup AS r (unit_id, directive, item, outcome, due_us, n)
SELECT unit_id, directive, item, outcome, due_us, sum(n) FROM step
WHERE outcome IS NOT NULL
GROUP BY unit_id, directive, item, outcome, due_us HAVING sum(n) <> 0
ORDER BY unit_id, directive, item, outcome, due_us
ON CONFLICT (unit_id, directive, item, outcome, due_us) DO UPDATE SET n = r.n + excluded.n
