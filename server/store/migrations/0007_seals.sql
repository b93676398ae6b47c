-- Runs as giaoviec_owner. A seal is known by its first position. The number beside it, and the index of that, served nobody, and
-- an int would have come to its end. To drop a column rewrites nothing, however many seals there are.
ALTER TABLE giaoviec.seal DROP COLUMN seal_id;
