-- $1 codes: ordinal (from 1), unit_id, body, ended of those known.
SELECT k.ord, u.unit_id, u.body, coalesce(u.valid_to_day < giaoviec.day_of((SELECT CASE WHEN d.stepped THEN d.business_us ELSE giaoviec.real_us() END FROM giaoviec.deployment d)), false)
FROM unnest($1::text[]) WITH ORDINALITY AS k (code, ord) JOIN giaoviec.unit u ON u.code = k.code
