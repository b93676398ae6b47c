-- $1 duty, $2 holder: free for others at once; the epoch stays
UPDATE giaoviec.lease SET until = '-infinity' WHERE duty = $1::text AND holder = $2::text
