-- The roles, and the rows that one of them owns. Logins are made elsewhere and join a role; nobody logs in as one.

DO $$
BEGIN
    IF current_setting('server_version_num')::integer < 160000 THEN
        RAISE EXCEPTION 'PostgreSQL % is older than 16, where membership can exclude inheritance: upgrade the server',
            current_setting('server_version');
    END IF;
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['token_vault_owner', 'token_vault_gateway'] LOOP
        -- Roles belong to the server: a second database on it finds them made.
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
                name);
        END IF;
    END LOOP;
END $$;

GRANT token_vault_owner TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO token_vault_gateway', current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA token_vault AUTHORIZATION token_vault_owner;

SET LOCAL ROLE token_vault_owner;
GRANT USAGE ON SCHEMA token_vault TO token_vault_gateway;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

-- The form of `Row` in model_images/gateway/guard/tokens/sealing.py. Addresses are HMACs under a tenant's key, and
-- `sealed` is AES-256-GCM: what is in clear here is a tenant's name, an epoch, and an end.
CREATE TABLE token_vault.tokens (
    tenant text NOT NULL CHECK (length(tenant) BETWEEN 1 AND 63),
    conversation bytea NOT NULL CHECK (octet_length(conversation) = 32),
    token bytea NOT NULL CHECK (octet_length(token) = 32),
    idx bytea NOT NULL CHECK (octet_length(idx) = 32),
    patient bytea NOT NULL CHECK (octet_length(patient) IN (0, 32)),
    epoch integer NOT NULL CHECK (epoch > 0),
    sealed bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 1 AND 1048576),
    expires timestamptz NOT NULL,
    PRIMARY KEY (tenant, conversation, token)
)
-- What was erased leaves the file when it is vacuumed: soon, and not when a fifth of the table is dead.
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50);

-- A value has one token in a conversation: the second to put it away is told the first's.
CREATE UNIQUE INDEX of_value ON token_vault.tokens (tenant, conversation, idx);
CREATE INDEX of_patient ON token_vault.tokens (tenant, patient) WHERE patient <> '';
CREATE INDEX by_end ON token_vault.tokens (expires);
