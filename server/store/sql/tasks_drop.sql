-- $1 directive: before a newer breakdown that nothing was issued from
DELETE FROM giaoviec.task WHERE directive = $1::uuid
