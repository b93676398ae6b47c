SELECT version FROM giaoviec.keys_version
