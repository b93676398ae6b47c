-- $1 hash, locked: unit_id, ended, expired, used, by which key
SELECT unit_id, ended, expires <= clock_timestamp(), used IS NOT NULL, used_key
FROM giaoviec.enrol_token WHERE hash = $1::bytea
FOR NO KEY UPDATE
