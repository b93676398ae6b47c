-- $1 directive, $2 version, $3 notation, $4 abstract, $5 letter_digest, $6 breakdown_digest, $7 meta, $8 act_id, $9 approved_us
INSERT INTO giaoviec.directive (directive, version, notation, abstract, letter_digest, breakdown_digest, meta, act_id, approved_us)
VALUES ($1::uuid, $2::int4, $3::text, $4::text, $5::bytea, $6::bytea, $7::text::jsonb, $8::uuid, $9::int8)
ON CONFLICT (directive) DO UPDATE SET version = excluded.version, notation = excluded.notation, abstract = excluded.abstract,
    letter_digest = excluded.letter_digest, breakdown_digest = excluded.breakdown_digest, meta = excluded.meta,
    act_id = excluded.act_id, approved_us = excluded.approved_us
