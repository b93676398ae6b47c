-- Runs as giaoviec_owner. Lists of assignments go by task: a page begins in this index, not with a sort of all there are.
CREATE INDEX task_place ON giaoviec.task (directive, place);
