-- $1 unit ids, $2 assignments, pairwise: of each the row with the highest epoch that this unit held; locked in order.
-- Those of a unit that somebody else holds are left out: whoever locks an assignment has its unit.
-- A row alone: scalars.
SELECT a.unit_id, a.assignment, a.directive, a.task_id, a.item, a.role, a.from_unit, a.from_epoch, a.to_unit, a.act_id,
       a.state, a.epoch, a.due_us, a.due_original_us, a.issued_us, a.submitted_us, a.submit_seen_us, a.submit_due_us
FROM (SELECT k.unit_id, k.assignment,
             (SELECT max(m.epoch) FROM giaoviec.assignment m
              WHERE m.unit_id = k.unit_id AND m.assignment = k.assignment) AS epoch
      FROM (SELECT DISTINCT unit_id, assignment
            FROM (SELECT unnest($1::int4[]) AS unit_id, unnest($2::uuid[]) AS assignment) p) k) w
JOIN giaoviec.assignment a ON a.unit_id = w.unit_id AND a.assignment = w.assignment AND a.epoch = w.epoch
JOIN giaoviec.unit_log l ON l.unit_id = a.unit_id
ORDER BY a.unit_id, a.assignment
FOR NO KEY UPDATE OF l SKIP LOCKED
FOR NO KEY UPDATE OF a
