-- $1 duty, $2 holder, $3 epoch: locked, so that nobody takes it before this transaction ends
SELECT true FROM giaoviec.lease
WHERE duty = $1::text AND holder = $2::text AND epoch = $3::int8
FOR NO KEY UPDATE
