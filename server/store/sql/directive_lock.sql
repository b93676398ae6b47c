-- $1 directive: held until this transaction ends, so that it is approved or issued by one at a time
SELECT true FROM giaoviec.directive WHERE directive = $1::uuid FOR NO KEY UPDATE
