-- $1 act_id; one row a unit: $2 code, $3 name_vi, $4 name_en, $5 grp, $6 fold, $7 fields joined by 0x1f, $8 body, $9 valid_from_day (0: as it stood)
-- Who is there already is updated, not inserted: a row that is offered and not inserted has used up a number, too.
WITH want AS (
    SELECT DISTINCT ON (k.code) k.code, k.name_vi, k.name_en, k.grp, k.fold,
           coalesce(string_to_array(nullif(k.fields, ''), E'\x1f'), '{}') AS fields,
           CASE WHEN l.key_id IS NOT NULL OR EXISTS (SELECT FROM giaoviec.assignment a WHERE a.unit_id = u.unit_id)
                THEN u.body ELSE k.body END AS body,
           coalesce(nullif(k.valid_from_day, 0), u.valid_from_day, 0) AS valid_from_day, u.unit_id
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::int4[])
        WITH ORDINALITY AS k (code, name_vi, name_en, grp, fold, fields, body, valid_from_day, ord)
    LEFT JOIN giaoviec.unit u ON u.code = k.code
    LEFT JOIN giaoviec.unit_log l ON l.unit_id = u.unit_id
    ORDER BY k.code, k.ord DESC),
known AS (
    UPDATE giaoviec.unit u SET name_vi = w.name_vi, name_en = w.name_en, grp = w.grp, fold = w.fold, fields = w.fields,
        body = w.body, valid_from_day = w.valid_from_day
    FROM want w WHERE u.unit_id = w.unit_id),
put AS (
    INSERT INTO giaoviec.unit (code, name_vi, name_en, grp, fold, fields, body, valid_from_day, act_id)
    SELECT w.code, w.name_vi, w.name_en, w.grp, w.fold, w.fields, w.body, w.valid_from_day, $1::uuid
    FROM want w WHERE w.unit_id IS NULL
    ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, grp = excluded.grp,
        fold = excluded.fold, fields = excluded.fields, body = excluded.body, valid_from_day = excluded.valid_from_day
    RETURNING (xmax = 0) AS created)
SELECT count(*) FILTER (WHERE created) FROM put
