-- $1 act_id; one row a unit: $2 code, $3 name_vi, $4 name_en, $5 grp, $6 fold, $7 fields joined by 0x1f, $8 body, $9 valid_from_day
WITH put AS (
    INSERT INTO giaoviec.unit (code, name_vi, name_en, grp, fold, fields, body, valid_from_day, act_id)
    SELECT DISTINCT ON (k.code) k.code, k.name_vi, k.name_en, k.grp, k.fold,
           coalesce(string_to_array(nullif(k.fields, ''), E'\x1f'), '{}'), k.body, k.valid_from_day, $1::uuid
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::int4[])
        WITH ORDINALITY AS k (code, name_vi, name_en, grp, fold, fields, body, valid_from_day, ord)
    ORDER BY k.code, k.ord DESC
    ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, grp = excluded.grp,
        fold = excluded.fold, fields = excluded.fields
    RETURNING (xmax = 0) AS created)
SELECT count(*) FILTER (WHERE created) FROM put
