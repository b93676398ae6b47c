-- One row an attestation, the last of a clause wins: $1 unit_id, $2 assignment, $3 epoch, $4 clause, $5 compliant, $6 exceptions,
-- $7 permits, $8 breaches, $9 person, $10 signed_us, $11 stored_us
INSERT INTO giaoviec.attestation AS a (unit_id, assignment, epoch, clause, compliant, exceptions, permits, breaches, person,
    attested_us)
SELECT DISTINCT ON (unit_id, assignment, epoch, clause) unit_id, assignment, epoch, clause, compliant, exceptions, permits,
    breaches, person, giaoviec.effective_us(signed_us, stored_us)
FROM unnest($1::int4[], $2::uuid[], $3::int4[], $4::int4[], $5::bool[], $6::int4[], $7::int4[], $8::int4[], $9::text[],
            $10::int8[], $11::int8[])
    WITH ORDINALITY AS k (unit_id, assignment, epoch, clause, compliant, exceptions, permits, breaches, person, signed_us,
        stored_us, ord)
ORDER BY unit_id, assignment, epoch, clause, ord DESC
ON CONFLICT (unit_id, assignment, epoch, clause) DO UPDATE SET compliant = excluded.compliant,
    exceptions = excluded.exceptions, permits = excluded.permits, breaches = excluded.breaches, person = excluded.person,
    attested_us = excluded.attested_us
