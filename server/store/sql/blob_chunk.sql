-- $1 digest, $2 begins, $3 total, $4 data, $5 who
INSERT INTO giaoviec.blob_chunk (digest, begins, total, data, actor) VALUES ($1::bytea, $2::int8, $3::int8, $4::bytea, $5::text)
