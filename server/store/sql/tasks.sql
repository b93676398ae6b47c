-- $1 directive
SELECT t.task_id, t.digest, t.item, t.number, t.due_us,
       (SELECT count(*) FROM giaoviec.clause c WHERE c.task_id = t.task_id), t.bytes
FROM giaoviec.task t WHERE t.directive = $1::uuid
ORDER BY t.digest
