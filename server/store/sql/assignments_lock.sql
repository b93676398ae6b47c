-- $1 unit ids, pairwise with $2 assignments or, where that is null, $3 the last order of which the unit has given a receipt (those that
-- it did not hold before: see receipted_orders.sql). Of each the row with the highest epoch that this unit held; locked in order.
-- Those of a unit that somebody else holds are left out: whoever locks an assignment has its unit.
-- A row alone: scalars.
WITH w AS MATERIALIZED (SELECT unnest($1::int4[]) AS unit_id, unnest($2::uuid[]) AS assignment, unnest($3::int8[]) AS last)
SELECT a.unit_id, a.assignment, a.directive, a.task_id, a.item, a.role, a.from_unit, a.from_epoch, a.to_unit, a.act_id,
       a.state, a.epoch, a.due_us, a.due_original_us, a.issued_us, a.submitted_us, a.submit_seen_us, a.submit_due_us
FROM (SELECT k.unit_id, k.assignment,
             (SELECT max(m.epoch) FROM giaoviec.assignment m
              WHERE m.unit_id = k.unit_id AND m.assignment = k.assignment) AS epoch
      FROM (SELECT w.unit_id, w.assignment FROM w WHERE w.assignment IS NOT NULL
            UNION
            SELECT w.unit_id, o.assignment
            FROM w JOIN giaoviec.unit_log n ON n.unit_id = w.unit_id
            CROSS JOIN LATERAL (
                SELECT p.assignment FROM giaoviec.order_log p
                WHERE p.unit_id = w.unit_id AND p.n > n.ack_n AND p.n <= w.last ORDER BY p.n) o
            WHERE w.last IS NOT NULL) k) h
JOIN giaoviec.assignment a ON a.unit_id = h.unit_id AND a.assignment = h.assignment AND a.epoch = h.epoch
JOIN giaoviec.unit_log l ON l.unit_id = a.unit_id
ORDER BY a.unit_id, a.assignment
FOR NO KEY UPDATE OF l SKIP LOCKED
FOR NO KEY UPDATE OF a
