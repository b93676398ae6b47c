-- One row an envelope: $1 unit_id, $2 kind, $3 first_n, $4 last_n, $5 envelope
-- A row alone: scalars.
INSERT INTO giaoviec.evidence (unit_id, kind, first_n, last_n, envelope)
SELECT unnest($1::int4[]), unnest($2::int4[]), unnest($3::int8[]), unnest($4::int8[]), unnest($5::bytea[])
