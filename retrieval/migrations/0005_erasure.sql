-- Erasure of a tenant, GDPR Art. 17: everything that it stored goes; that it went, when, by whom and why stays.

SET LOCAL ROLE retrieval_owner;

-- The owner is bound by row security like anyone, so the function sets the tenant for its own duration. A SET clause
-- would need a right that Azure's administrator lacks; an error undoes the setting with everything else.
-- Rows leave the files at the next VACUUM, and backups at the end of their retention.
CREATE FUNCTION retrieval.erase_tenant(tenant text, reason text)
    RETURNS TABLE (collections bigint, documents bigint, chunks bigint)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    before constant text := coalesce(current_setting('bailiwick.tenant', true), '');
BEGIN
    IF coalesce(reason, '') = '' THEN
        RAISE EXCEPTION 'an erasure has a reason: name the request or the contract that ended'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM set_config('bailiwick.tenant', erase_tenant.tenant, true);
    -- Locked first: no collection can join it meanwhile.
    PERFORM FROM retrieval.tenants t WHERE t.tenant = erase_tenant.tenant FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant %', quote_literal(erase_tenant.tenant)
            USING ERRCODE = 'no_data_found';
    END IF;
    chunks := (SELECT count(*) FROM retrieval.chunks c WHERE c.tenant = erase_tenant.tenant);
    DELETE FROM retrieval.documents d WHERE d.tenant = erase_tenant.tenant;
    GET DIAGNOSTICS documents = ROW_COUNT;
    DELETE FROM retrieval.collections c WHERE c.tenant = erase_tenant.tenant;
    GET DIAGNOSTICS collections = ROW_COUNT;
    DELETE FROM retrieval.tenants t WHERE t.tenant = erase_tenant.tenant;
    INSERT INTO retrieval.accesses (tenant, action, reason) VALUES (
        erase_tenant.tenant, 'erase',
        format('%s (%s collections, %s documents, %s chunks)', reason, collections, documents, chunks));
    PERFORM set_config('bailiwick.tenant', before, true);
    RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION retrieval.erase_tenant FROM PUBLIC;
