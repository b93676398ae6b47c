-- $1 unit_id, $2 after, $3 rows at most, $4 bytes at most (the first is given in any case)
SELECT o.n, o.h, o.assignment, o.epoch, o.entry
FROM (SELECT n, sum(length(entry)) OVER (ORDER BY n) AS total
      FROM (SELECT n, entry FROM giaoviec.order_log
            WHERE unit_id = $1::int4 AND n > $2::int8 ORDER BY n LIMIT $3::int8) page) k
JOIN giaoviec.order_log o ON o.unit_id = $1::int4 AND o.n = k.n
WHERE k.total <= $4::int8 OR k.n = $2::int8 + 1
ORDER BY o.n
