-- What each replica of a gateway has let through in the last hour, so that a ceiling holds for all of them together.

SET LOCAL ROLE token_vault_owner;

-- By the minute since 1970; `caller` is an application's id, or `*` for the tenant as a whole.
CREATE TABLE token_vault.volumes (
    tenant text NOT NULL CHECK (length(tenant) BETWEEN 1 AND 63),
    caller text NOT NULL CHECK (length(caller) BETWEEN 1 AND 100),
    minute bigint NOT NULL,
    replica text NOT NULL CHECK (length(replica) BETWEEN 1 AND 63),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    reidentified bigint NOT NULL CHECK (reidentified >= 0),
    PRIMARY KEY (tenant, caller, minute, replica)
);

-- A patient is an HMAC under a key that is mounted to gateways alone; `minute` is when somebody last sent the record.
CREATE TABLE token_vault.patients (
    tenant text NOT NULL CHECK (length(tenant) BETWEEN 1 AND 63),
    caller text NOT NULL CHECK (length(caller) BETWEEN 1 AND 100),
    patient bytea NOT NULL CHECK (octet_length(patient) = 16),
    minute bigint NOT NULL,
    PRIMARY KEY (tenant, caller, patient)
);

-- What a replica counted since it last asked, and the answer: what all have, of each caller that anybody has seen in
-- the hour before `now_minute`. Counts are a minute's whole, so that telling them twice is telling them once.
CREATE FUNCTION token_vault.volumes(
    replica text, now_minute bigint,
    tenants text[], callers text[], minutes bigint[], bytes bigint[], reidentified bigint[],
    patient_tenants text[], patient_callers text[], patients bytea[], patient_minutes bigint[])
    RETURNS TABLE (tenant text, caller text, others_bytes bigint, others_reidentified bigint, all_patients bigint)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    before constant bigint := volumes.now_minute - 60;
BEGIN
    IF cardinality(volumes.tenants) > 100000 OR cardinality(volumes.patients) > 100000 THEN
        RAISE EXCEPTION 'at most 100000 of each at once' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO token_vault.volumes AS kept (tenant, caller, minute, replica, bytes, reidentified)
    SELECT a.tenant, a.caller, a.minute, volumes.replica, a.bytes, a.reidentified
    FROM unnest(volumes.tenants, volumes.callers, volumes.minutes, volumes.bytes, volumes.reidentified)
        AS a (tenant, caller, minute, bytes, reidentified)
    ON CONFLICT (tenant, caller, minute, replica)
        DO UPDATE SET bytes = excluded.bytes, reidentified = excluded.reidentified;
    -- In order, so that two gateways never wait for each other.
    INSERT INTO token_vault.patients AS kept (tenant, caller, patient, minute)
    SELECT a.tenant, a.caller, a.patient, a.minute
    FROM unnest(volumes.patient_tenants, volumes.patient_callers, volumes.patients, volumes.patient_minutes)
        AS a (tenant, caller, patient, minute)
    ORDER BY a.tenant, a.caller, a.patient
    ON CONFLICT (tenant, caller, patient) DO UPDATE SET minute = greatest(kept.minute, excluded.minute);
    RETURN QUERY
    SELECT tenant, caller, sum(b)::bigint, sum(r)::bigint, sum(p)::bigint
    FROM (
        SELECT v.tenant, v.caller, v.bytes AS b, v.reidentified AS r, 0 AS p FROM token_vault.volumes v
        WHERE v.minute > before AND v.replica <> volumes.replica
        UNION ALL
        SELECT s.tenant, s.caller, 0, 0, 1 FROM token_vault.patients s WHERE s.minute > before
    ) AS counted
    GROUP BY tenant, caller;
END $$;

-- A person has looked at what a caller did until its breaker opened, and closed it: that is counted no more, at any
-- replica, also one that is gone. What was let through since is.
CREATE FUNCTION token_vault.forget_volume(tenant text, caller text, until_minute bigint)
    RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM token_vault.volumes v WHERE v.tenant = forget_volume.tenant AND v.caller = forget_volume.caller
        AND v.minute <= forget_volume.until_minute;
    DELETE FROM token_vault.patients s WHERE s.tenant = forget_volume.tenant AND s.caller = forget_volume.caller
        AND s.minute <= forget_volume.until_minute;
$$;

-- As before, and what is older than an hour by two.
CREATE OR REPLACE FUNCTION token_vault.purge()
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purged bigint;
    before constant bigint := extract(epoch FROM statement_timestamp())::bigint / 60 - 180;
BEGIN
    DELETE FROM token_vault.volumes v WHERE v.minute < before;
    DELETE FROM token_vault.patients s WHERE s.minute < before;
    DELETE FROM token_vault.tokens t USING (
        SELECT old.tenant, old.conversation, old.token FROM token_vault.tokens old
        WHERE old.expires <= statement_timestamp() ORDER BY old.expires LIMIT 10000 FOR UPDATE SKIP LOCKED
    ) AS ended
    WHERE t.tenant = ended.tenant AND t.conversation = ended.conversation AND t.token = ended.token;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA token_vault FROM PUBLIC;
GRANT EXECUTE ON FUNCTION token_vault.volumes, token_vault.forget_volume TO token_vault_gateway;
