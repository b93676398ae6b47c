-- $1 unit_id, $2 key_id, $3 sign_key, $4 curve_key, $5 statement, $6 the key in force, $7 grace in ms: what is to follow
-- it. One that was named before and never used ends.
WITH before AS (
    UPDATE giaoviec.unit_key k SET ended = clock_timestamp()
    FROM giaoviec.unit_log l WHERE l.unit_id = $1::int4 AND k.unit_id = l.unit_id AND k.key_id = l.next_key_id),
made AS (
    INSERT INTO giaoviec.unit_key (unit_id, key_id, sign_key, curve_key, statement, follows)
    VALUES ($1::int4, $2::uuid, $3::bytea, $4::bytea, $5::bytea, $6::uuid)),
done AS (
UPDATE giaoviec.unit_log SET next_key_id = $2::uuid, next_sign_key = $3::bytea, next_curve_key = $4::bytea,
    next_until = clock_timestamp() + $7::int8 * interval '1 millisecond'
WHERE unit_id = $1::int4 AND key_id = $6::uuid
RETURNING 1)
SELECT giaoviec.all_of(count(*), 1) FROM done
