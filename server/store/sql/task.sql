-- $1 task_id
SELECT t.task_id, t.digest, t.item, t.number, t.due_us,
       (SELECT count(*) FROM giaoviec.clause c WHERE c.task_id = t.task_id), t.bytes
FROM giaoviec.task t WHERE t.task_id = $1::int4
