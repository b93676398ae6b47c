-- $1 directive; one row an indicator: $2 place of the task, $3 place, $4 code, $5 name, $6 measure, $7 direction, $8 target,
-- $9 target_high (decimal; empty: none), $10 aggregation
INSERT INTO giaoviec.indicator (task_id, place, code, name, measure, direction, target, target_high, aggregation)
SELECT t.task_id, k.place, k.code, k.name, k.measure, k.direction, nullif(k.target, '')::numeric,
    nullif(k.target_high, '')::numeric, k.aggregation
FROM unnest($2::int4[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::int4[], $8::text[], $9::text[], $10::int4[])
    AS k (task_place, place, code, name, measure, direction, target, target_high, aggregation)
JOIN giaoviec.task t ON t.directive = $1::uuid AND t.place = k.task_place
