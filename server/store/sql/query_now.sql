-- No parameters. The moment of a query: business time, stepped, demonstration.
SELECT giaoviec.business_us() AS now_us, stepped, demonstration FROM giaoviec.deployment
