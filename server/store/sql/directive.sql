-- $1 directive: version, breakdown_digest, act_id, issued
SELECT d.version, d.breakdown_digest, d.act_id,
       EXISTS (SELECT FROM giaoviec.task t JOIN giaoviec.assignment a ON a.task_id = t.task_id
               WHERE t.directive = d.directive)
FROM giaoviec.directive d WHERE d.directive = $1::uuid
