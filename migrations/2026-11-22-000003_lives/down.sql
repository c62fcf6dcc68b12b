CREATE OR REPLACE FUNCTION renew_epochs() RETURNS bigint LANGUAGE sql AS $$
    WITH renewed AS (
        UPDATE heads SET epoch = gen_random_uuid(), incarnation = incarnation()
        WHERE incarnation IS DISTINCT FROM incarnation() RETURNING 1)
    SELECT count(*) FROM renewed
$$;
DROP TABLE epochs;
