-- All that a gateway may ask. They run as the owner, since the gateway has no right to the table: whoever takes a
-- gateway's login over can fetch what he can address, and addresses are made with a tenant's key; he can list nothing.

SET LOCAL ROLE token_vault_owner;

-- Puts rows away, all or none, and answers with what is kept for each: where a value was there before, its row. A row
-- that is kept already lives as long as a new one would. In order, so that two gateways never wait for each other.
CREATE FUNCTION token_vault.put(
    tenant text, conversations bytea[], tokens bytea[], indexes bytea[], patients bytea[], epochs integer[],
    sealed bytea[], seconds integer)
    RETURNS TABLE (conversation bytea, token bytea, idx bytea, patient bytea, epoch integer, content bytea)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF put.seconds NOT BETWEEN 1 AND 34560000 OR cardinality(put.tokens) > 5000 THEN
        RAISE EXCEPTION 'a row is kept for a second to 400 days, and at most 5000 are put away at once'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM token_vault.tokens t USING unnest(put.conversations, put.indexes) AS asked (conversation, idx)
    WHERE t.tenant = put.tenant AND t.conversation = asked.conversation AND t.idx = asked.idx
        AND t.expires <= statement_timestamp();
    RETURN QUERY
    INSERT INTO token_vault.tokens AS kept (tenant, conversation, token, idx, patient, epoch, sealed, expires)
    SELECT put.tenant, a.conversation, a.token, a.idx, a.patient, a.epoch, a.sealed,
        statement_timestamp() + make_interval(secs => put.seconds)
    FROM unnest(put.conversations, put.tokens, put.indexes, put.patients, put.epochs, put.sealed)
        AS a (conversation, token, idx, patient, epoch, sealed)
    ORDER BY a.conversation, a.idx
    ON CONFLICT (tenant, conversation, idx) DO UPDATE SET expires = greatest(kept.expires, excluded.expires)
    RETURNING kept.conversation, kept.token, kept.idx, kept.patient, kept.epoch, kept.sealed;
END $$;

-- The rows of a conversation, under any of its addresses (one for each epoch of the tenant's key).
CREATE FUNCTION token_vault.load(tenant text, conversations bytea[])
    RETURNS TABLE (conversation bytea, token bytea, idx bytea, patient bytea, epoch integer, content bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.conversation, t.token, t.idx, t.patient, t.epoch, t.sealed
    FROM token_vault.tokens t
    WHERE t.tenant = load.tenant AND t.conversation = ANY (load.conversations) AND t.expires > statement_timestamp()
$$;

-- Removes conversations and patients (GDPR Art. 17); how many rows that were. Of a conversation in which a patient was
-- named, also what was put away without anybody's name goes: it may be theirs. What bears another's name stays.
CREATE FUNCTION token_vault.erase(tenant text, conversations bytea[], patients bytea[])
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    erased bigint;
BEGIN
    DELETE FROM token_vault.tokens t WHERE t.tenant = erase.tenant
        AND (t.conversation = ANY (erase.conversations)
            OR t.patient <> '' AND t.patient = ANY (erase.patients)
            OR t.patient = '' AND t.conversation IN (
                SELECT named.conversation FROM token_vault.tokens named
                WHERE named.tenant = erase.tenant AND named.patient <> '' AND named.patient = ANY (erase.patients)));
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;

-- Removes what is past its time, tokens a batch at a time and by one gateway at a time, and of volumes what is older than
-- an hour by two; how many tokens that were.
CREATE FUNCTION token_vault.purge()
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

-- When a tenant leaves: for the owner's hands alone.
CREATE FUNCTION token_vault.erase_tenant(tenant text)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    erased bigint;
BEGIN
    DELETE FROM token_vault.tokens t WHERE t.tenant = erase_tenant.tenant;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA token_vault FROM PUBLIC;
GRANT EXECUTE ON FUNCTION token_vault.put, token_vault.load, token_vault.erase, token_vault.purge, token_vault.volumes,
    token_vault.forget_volume
    TO token_vault_gateway;
