-- $1 directive; one row a clause: $2 place of the task, $3 clause, $4 words, $5 from_day, $6 to_day, $7 due_day
INSERT INTO giaoviec.clause (task_id, clause, words, from_day, to_day, due_day)
SELECT t.task_id, k.clause, k.words, k.from_day, k.to_day, k.due_day
FROM unnest($2::int4[], $3::int4[], $4::text[], $5::int4[], $6::int4[], $7::int4[])
    AS k (task_place, clause, words, from_day, to_day, due_day)
JOIN giaoviec.task t ON t.directive = $1::uuid AND t.place = k.task_place
