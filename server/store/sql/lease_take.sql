-- $1 duty, $2 holder, $3 ttl_ms: a row when it is held now. The epoch rises with each change of hands and after each gap.
-- An end further off than anybody can have been promised is that of a clock that was ahead: it holds nobody off.
INSERT INTO giaoviec.lease AS l (duty, holder, epoch, until)
VALUES ($1::text, $2::text, 1, clock_timestamp() + $3::int4 * interval '1 millisecond')
ON CONFLICT (duty) DO UPDATE SET holder = excluded.holder, until = excluded.until,
    epoch = CASE WHEN l.holder = excluded.holder AND l.until > clock_timestamp() THEN l.epoch ELSE l.epoch + 1 END
    WHERE l.holder = excluded.holder OR l.until <= clock_timestamp()
       OR l.until > clock_timestamp() + $3::int4 * interval '1 millisecond'
RETURNING l.epoch
