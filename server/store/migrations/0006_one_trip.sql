-- Runs as giaoviec_owner. A compare-and-set that was lost ends its transaction, and whatever waits behind it.
CREATE FUNCTION giaoviec.all_of(changed bigint, expected bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF changed <> expected THEN
        RAISE EXCEPTION '% rows instead of %', changed, expected USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN changed;
END $$;
