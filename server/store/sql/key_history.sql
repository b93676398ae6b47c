-- $1 unit_id, $2 key_id: has the unit had it, and how many keys did it name within the last hour?
SELECT coalesce(bool_or(key_id = $2::uuid), false), count(*) FILTER (WHERE enrolled > clock_timestamp() - interval '1 hour')
FROM giaoviec.unit_key WHERE unit_id = $1::int4
