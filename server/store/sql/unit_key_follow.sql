-- $1 unit_id, $2 key_id: the key that was to follow takes the place of the one in force. Connections are counted on.
WITH old AS (
    UPDATE giaoviec.unit_key k SET ended = clock_timestamp()
    FROM giaoviec.unit_log l
    WHERE l.unit_id = $1::int4 AND l.next_key_id = $2::uuid AND k.unit_id = l.unit_id AND k.key_id = l.key_id),
done AS (
UPDATE giaoviec.unit_log SET key_id = next_key_id, sign_key = next_sign_key, curve_key = next_curve_key,
    next_key_id = NULL, next_sign_key = NULL, next_curve_key = NULL, next_until = NULL
WHERE unit_id = $1::int4 AND next_key_id = $2::uuid
RETURNING 1)
SELECT giaoviec.all_of(count(*), 1) FROM done
