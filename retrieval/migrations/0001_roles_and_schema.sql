-- The roles, and the schema that one of them owns. Logins are made elsewhere and join a role; nobody logs in as one.

DO $$
BEGIN
    IF current_setting('server_version_num')::integer < 160000 THEN
        RAISE EXCEPTION 'PostgreSQL % is older than 16, where membership can exclude inheritance: upgrade the server',
            current_setting('server_version');
    END IF;
END $$;

-- On Azure the server parameter azure.extensions must list VECTOR first.
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;

DO $$
DECLARE
    found record;
BEGIN
    SELECT e.extversion AS version, n.nspname AS schema INTO found
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';
    -- Before 0.8 an index scan ends after hnsw.ef_search candidates, and row security then removes the other tenants':
    -- a small tenant would silently find nothing.
    IF (string_to_array(found.version, '.')::integer[])[1:2] < ARRAY[0, 8] THEN
        RAISE EXCEPTION 'pgvector % has no iterative scan: run ALTER EXTENSION vector UPDATE (0.8 or newer)',
            found.version;
    END IF;
    IF found.schema <> 'public' THEN
        RAISE EXCEPTION 'pgvector is in schema %: run ALTER EXTENSION vector SET SCHEMA public', found.schema;
    END IF;
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['retrieval_owner', 'retrieval_reader', 'retrieval_writer', 'retrieval_auditor'] LOOP
        -- Roles belong to the server: a second database on it finds them made.
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
                name);
        END IF;
    END LOOP;
END $$;

-- Without inheritance: an administrator who bypasses row security has no right of his own to any table, and as owner
-- he is bound.
GRANT retrieval_owner TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO retrieval_reader, retrieval_writer, retrieval_auditor',
        current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO retrieval_owner, retrieval_reader, retrieval_writer; -- the type vector, its operators

CREATE SCHEMA retrieval AUTHORIZATION retrieval_owner;

SET LOCAL ROLE retrieval_owner;
GRANT USAGE ON SCHEMA retrieval TO retrieval_reader, retrieval_writer, retrieval_auditor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
-- Not even its own: row security doesn't see TRUNCATE.
ALTER DEFAULT PRIVILEGES REVOKE TRUNCATE ON TABLES FROM retrieval_owner;
