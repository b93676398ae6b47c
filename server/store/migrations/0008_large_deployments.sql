-- Runs as giaoviec_owner. What lists cost where there are very many assignments.
-- Lists of assignments go by task: a page begins in this index, not with a sort of all there are.
CREATE INDEX task_place ON giaoviec.task (directive, place);

-- giaoviec.cell of giaoviec.outcome, written out: PostgreSQL puts no function into a query whose argument would be computed
-- more than once, and called it for each row and each of the six cells.
CREATE OR REPLACE FUNCTION giaoviec.cell_of(role int, state int, due_us bigint, submitted_us bigint, submit_due_us bigint,
                                            now_us bigint)
    RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN role <> 1 OR state IN (1, 11, 12) THEN NULL
        WHEN state = 10 THEN 6
        WHEN state = 7 AND due_us IS NULL THEN 4
        WHEN state = 7 AND submitted_us IS NOT NULL AND submitted_us <= coalesce(submit_due_us, submitted_us) THEN 0
        WHEN state = 7 THEN 1
        WHEN coalesce(due_us, 0) = 0 THEN 5
        WHEN state = 6 AND submitted_us IS NOT NULL AND submitted_us <= coalesce(submit_due_us, submitted_us) THEN 2
        WHEN now_us <= due_us THEN 2
        ELSE 3 END $$;
