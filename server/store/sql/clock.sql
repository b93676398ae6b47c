SELECT CASE WHEN stepped THEN business_us ELSE giaoviec.real_us() END, step, stepped FROM giaoviec.deployment
