-- What tenants store. Every key begins with the tenant: a clash of keys, which row security doesn't hide, then tells a
-- tenant about its own rows only, and a foreign key can't point into another tenant.

SET LOCAL ROLE retrieval_owner;

CREATE TABLE retrieval.tenants (
    tenant text PRIMARY KEY CHECK (tenant ~ '^[a-z][a-z0-9-]{1,62}$'), -- never '', which an unset setting may read as
    title text NOT NULL,
    created timestamptz NOT NULL DEFAULT statement_timestamp()
);

-- One per use case. It names the embedder, because distances between vectors of two models mean nothing.
CREATE TABLE retrieval.collections (
    tenant text NOT NULL REFERENCES retrieval.tenants (tenant),
    collection text NOT NULL CHECK (collection <> ''),
    use_case text NOT NULL CHECK (use_case <> ''),
    model text NOT NULL CHECK (model <> ''),
    revision text NOT NULL CHECK (revision <> ''),
    created timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (tenant, collection),
    UNIQUE (tenant, collection, model, revision)
);

CREATE TABLE retrieval.documents (
    tenant text NOT NULL,
    collection text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    source text NOT NULL CHECK (source <> ''),
    classification text NOT NULL CHECK (classification IN ('public', 'internal', 'confidential', 'personal', 'phi')),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    created timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, collection, id, expires),
    FOREIGN KEY (tenant, collection) REFERENCES retrieval.collections (tenant, collection),
    -- Storage limitation, GDPR Art. 5(1)(e): what is about a person has an end.
    CONSTRAINT personal_data_expires CHECK (classification NOT IN ('personal', 'phi') OR expires < 'infinity')
);

-- A chunk repeats its document's collection and end, so that a search filters without a join; the foreign key keeps
-- them equal.
CREATE TABLE retrieval.chunks (
    tenant text NOT NULL,
    collection text NOT NULL,
    document uuid NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    text text NOT NULL CHECK (text <> ''),
    -- A vector of zeros has no direction; the index would leave it out without a word.
    embedding public.vector(1024) NOT NULL CHECK (public.vector_norm(embedding) > 0),
    model text NOT NULL,
    revision text NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (tenant, document, ordinal),
    FOREIGN KEY (tenant, collection, document, expires)
        REFERENCES retrieval.documents (tenant, collection, id, expires) ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (tenant, collection, model, revision)
        REFERENCES retrieval.collections (tenant, collection, model, revision)
);

CREATE INDEX chunks_by_collection ON retrieval.chunks (tenant, collection);
CREATE INDEX chunks_by_cosine ON retrieval.chunks USING hnsw (embedding public.vector_cosine_ops);

-- The setting is compared as it stands: unset it is null, reset it is '', and neither equals a tenant. Nothing is
-- cast, so nothing raises; text equality is leakproof, so no function of the caller's runs before it.
ALTER TABLE retrieval.tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE retrieval.collections ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE retrieval.documents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE retrieval.chunks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON retrieval.tenants TO retrieval_owner, retrieval_reader, retrieval_writer
    USING (tenant = current_setting('bailiwick.tenant', true))
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true));
CREATE POLICY own_tenant ON retrieval.collections TO retrieval_owner, retrieval_reader, retrieval_writer
    USING (tenant = current_setting('bailiwick.tenant', true))
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true));
CREATE POLICY own_tenant ON retrieval.documents TO retrieval_owner, retrieval_reader, retrieval_writer
    USING (tenant = current_setting('bailiwick.tenant', true))
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true));
CREATE POLICY own_tenant ON retrieval.chunks TO retrieval_owner, retrieval_reader, retrieval_writer
    USING (tenant = current_setting('bailiwick.tenant', true))
    WITH CHECK (tenant = current_setting('bailiwick.tenant', true));

-- Restrictive: a login that is reader and writer both doesn't see them either. The clock is the statement's, since a
-- gateway may keep a transaction open.
CREATE POLICY not_expired ON retrieval.documents AS RESTRICTIVE FOR SELECT TO retrieval_reader
    USING (expires > statement_timestamp());
CREATE POLICY not_expired ON retrieval.chunks AS RESTRICTIVE FOR SELECT TO retrieval_reader
    USING (expires > statement_timestamp());

GRANT SELECT ON retrieval.tenants, retrieval.collections, retrieval.documents, retrieval.chunks TO retrieval_reader;
GRANT SELECT ON retrieval.tenants TO retrieval_writer;
GRANT SELECT, INSERT, DELETE ON retrieval.collections, retrieval.documents TO retrieval_writer;
GRANT INSERT, DELETE ON retrieval.chunks TO retrieval_writer;
-- Ingestion finds what it stored, but can't read it back; a correction is a new document.
GRANT SELECT (tenant, collection, document, ordinal, model, revision, expires) ON retrieval.chunks TO retrieval_writer;
GRANT UPDATE (expires) ON retrieval.documents TO retrieval_writer;
