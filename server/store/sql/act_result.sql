-- $1 act_id, $2 result
UPDATE giaoviec.act SET result = $2::bytea WHERE act_id = $1::uuid
