-- Who searched, stored, kept or deleted what: identifiers, never text. Rows are added, and that is all.

SET LOCAL ROLE retrieval_owner;

-- No foreign key: the record of an erasure outlives the tenant. No running number: its gaps would tell one tenant how
-- busy the others are.
CREATE TABLE retrieval.accesses (
    tenant text NOT NULL DEFAULT current_setting('bailiwick.tenant', true),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login name NOT NULL DEFAULT session_user,
    action text NOT NULL CHECK (action IN ('search', 'ingest', 'keep', 'delete', 'erase')),
    collection text,
    documents uuid[] NOT NULL DEFAULT '{}',
    reason text,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX accesses_by_time ON retrieval.accesses (tenant, at);

ALTER TABLE retrieval.accesses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON retrieval.accesses FOR SELECT TO retrieval_auditor
    USING (tenant = current_setting('bailiwick.tenant', true));
-- Each role may record what it can do, so that a gateway can't fake an erasure.
CREATE POLICY reader_records ON retrieval.accesses FOR INSERT TO retrieval_reader
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true) AND action = 'search');
CREATE POLICY writer_records ON retrieval.accesses FOR INSERT TO retrieval_writer
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true) AND action IN ('ingest', 'keep', 'delete'));
CREATE POLICY owner_records ON retrieval.accesses FOR INSERT TO retrieval_owner
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true));
CREATE POLICY never_changed ON retrieval.accesses AS RESTRICTIVE FOR UPDATE USING (false);
CREATE POLICY never_deleted ON retrieval.accesses AS RESTRICTIVE FOR DELETE USING (false);

GRANT SELECT ON retrieval.accesses TO retrieval_auditor;
-- Time and login are left to their defaults: nobody writes them.
GRANT INSERT (tenant, action, collection, documents) ON retrieval.accesses TO retrieval_reader, retrieval_writer;

CREATE FUNCTION retrieval.refuse() RETURNS trigger
    LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of retrieval.% is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retrieval.accesses
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.refuse('the access audit is append-only');

-- TRUNCATE passes row security by: no one has it, and an owner who takes it back meets a trigger.
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON retrieval.tenants
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.refuse('it would empty every tenant; use retrieval.erase_tenant');
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON retrieval.collections
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.refuse('it would empty every tenant; use retrieval.erase_tenant');
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON retrieval.documents
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.refuse('it would empty every tenant; use retrieval.erase_tenant');
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON retrieval.chunks
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.refuse('it would empty every tenant; use retrieval.erase_tenant');

CREATE FUNCTION retrieval.record_documents() RETURNS trigger
    LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO retrieval.accesses (tenant, action, collection, documents)
    SELECT tenant, TG_ARGV[0], collection, array_agg(id ORDER BY id) FROM touched GROUP BY tenant, collection;
    RETURN NULL;
END $$;

CREATE TRIGGER recorded_ingest AFTER INSERT ON retrieval.documents REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.record_documents('ingest');
CREATE TRIGGER recorded_keep AFTER UPDATE ON retrieval.documents REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.record_documents('keep');
CREATE TRIGGER recorded_delete AFTER DELETE ON retrieval.documents REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION retrieval.record_documents('delete');
