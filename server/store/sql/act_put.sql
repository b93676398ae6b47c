-- $1 act_id, $2 kind, $3 actor, $4 envelope, $5 reason, $6 business_us. Writes in any case: whatever is answered waits for it.
INSERT INTO giaoviec.act AS a (act_id, kind, actor, envelope, reason, business_us)
VALUES ($1::uuid, $2::int4, $3::text, $4::bytea, $5::text, $6::int8)
ON CONFLICT (act_id) DO UPDATE SET seen = a.seen + 1
RETURNING a.seen > 1, a.envelope = $4::bytea, a.result
