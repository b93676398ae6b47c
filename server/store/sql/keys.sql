-- Every unit with its keys; one row of nulls beside the version when there is none.
WITH today AS MATERIALIZED (SELECT giaoviec.day_of(giaoviec.business_us()) AS day)
SELECT k.version, u.unit_id, u.code, u.body, u.key_id IS NOT NULL, u.revoked, u.quarantine IS NOT NULL,
       coalesce(u.valid_to_day < today.day, false), u.key_id, u.sign_key, u.curve_key,
       u.next_key_id, u.next_sign_key, u.next_curve_key
FROM giaoviec.keys_version k
LEFT JOIN today ON true
LEFT JOIN (SELECT n.unit_id, n.code, n.body, n.valid_to_day, l.key_id, l.revoked, l.quarantine, l.sign_key, l.curve_key,
                  l.next_key_id, l.next_sign_key, l.next_curve_key
           FROM giaoviec.unit n JOIN giaoviec.unit_log l ON l.unit_id = n.unit_id) u ON true
ORDER BY u.unit_id
