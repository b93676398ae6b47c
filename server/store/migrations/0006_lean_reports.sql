-- Runs as giaoviec_owner. What a report costs to store, and no more. A compare-and-set that was lost ends its transaction, and whatever waits behind it.
CREATE FUNCTION giaoviec.all_of(changed bigint, expected bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF changed <> expected THEN
        RAISE EXCEPTION '% rows instead of %', changed, expected USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN changed;
END $$;

-- Signed bytes do not compress; an envelope stands beside its row while it fits a page.
ALTER TABLE giaoviec.evidence ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE giaoviec.evidence SET (toast_tuple_target = 8160);
-- What happened to an assignment: reports that were simply applied are found by who held it, among the unit's
-- reports, which the index alone tells; everything else by the assignment. A report is so entered in two indexes, not
-- in three.
DROP INDEX giaoviec.ledger_report;
CREATE UNIQUE INDEX ledger_report ON giaoviec.ledger (unit_id, report_n) INCLUDE (assignment, disposition)
    WHERE report_n IS NOT NULL;
DROP INDEX giaoviec.ledger_assignment;
CREATE INDEX ledger_assignment ON giaoviec.ledger (assignment)
    WHERE assignment IS NOT NULL AND (report_n IS NULL OR disposition <> 1);
