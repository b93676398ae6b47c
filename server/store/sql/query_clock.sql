-- The deployment's clock.
-- $1 args, $2 unit ids or NULL, $3 fields, $4 after, $5 limit, $6 now. Answers: key, row.
WITH p AS (SELECT $1::text::jsonb AS args, $2::int[] AS units, $3::text[] AS fields, $4::text AS after, $5::int AS lim,
                  $6::bigint AS now_us)
SELECT '' AS key,
       json_build_object('business_us', p.now_us, 'at', giaoviec.time_text(p.now_us),
                         'day', giaoviec.day_text(giaoviec.day_of(p.now_us)), 'stepped', d.stepped, 'step', d.step,
                         'demonstration', d.demonstration, 'keyset_version', d.keyset_version,
                         'deployment', giaoviec.hex(d.id))::text AS row
FROM p, giaoviec.deployment d
