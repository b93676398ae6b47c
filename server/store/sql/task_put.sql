-- $1 directive; one row a task: $2 place, $3 number, $4 item, $5 words, $6 gloss, $7 fold, $8 kinds joined by 0x1f, $9 field,
-- $10 supervisor, $11 due_us, $12 cadence, $13 digest, $14 bytes
INSERT INTO giaoviec.task (directive, place, number, item, words, gloss, fold, kinds, field, supervisor, due_us, cadence,
    digest, bytes)
SELECT $1::uuid, place, number, item, words, gloss, fold, coalesce(string_to_array(nullif(kinds, ''), E'\x1f'), '{}'), field,
    supervisor, due_us, cadence, digest, bytes
FROM unnest($2::int4[], $3::text[], $4::int4[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::int8[], $12::int4[], $13::bytea[], $14::bytea[])
    AS k (place, number, item, words, gloss, fold, kinds, field, supervisor, due_us, cadence, digest, bytes)
ORDER BY place
