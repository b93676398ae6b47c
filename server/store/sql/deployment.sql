-- The one deployment of this database, or no row.
SELECT d.id, d.demonstration, d.stepped, giaoviec.business_us(), d.step, d.keyset_version, d.keyset, d.root_key,
       k.version, giaoviec.real_us()
FROM giaoviec.deployment d CROSS JOIN giaoviec.keys_version k
