-- $1 to_us
UPDATE giaoviec.deployment SET business_us = $1::int8, step = step + 1
WHERE stepped AND business_us < $1::int8
RETURNING step
