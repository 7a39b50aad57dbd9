"""What anyone might try on the schema: reads that show whose rows they found, and writes aimed at a tenant."""

from typing import LiteralString

READS: tuple[LiteralString, ...] = (
    "SELECT tenant FROM retrieval.tenants",
    "SELECT tenant FROM retrieval.collections",
    "SELECT tenant FROM retrieval.documents",
    "SELECT tenant FROM retrieval.chunks",
    "SELECT tenant FROM retrieval.accesses",
    "SELECT tenant FROM retrieval.chunks WHERE tenant = 'beta' OR true",
    "SELECT d.tenant FROM retrieval.documents d JOIN retrieval.chunks c ON c.document = d.id",
    "DELETE FROM retrieval.chunks RETURNING tenant",
    "DELETE FROM retrieval.documents RETURNING tenant",
    "UPDATE retrieval.documents SET expires = 'tomorrow' RETURNING tenant",
)
WRITES: tuple[LiteralString, ...] = (
    "INSERT INTO retrieval.tenants (tenant, title) VALUES (%(tenant)s, '-')",
    "INSERT INTO retrieval.collections (tenant, collection, use_case, model, revision)"
    " VALUES (%(tenant)s, 'planted', '-', '-', '-')",
    "INSERT INTO retrieval.documents (tenant, collection, source, classification, sha256)"
    " VALUES (%(tenant)s, 'letters', 'planted', 'public', sha256('x'))",
    "INSERT INTO retrieval.chunks (tenant, collection, document, ordinal, text, embedding, model, revision, expires)"
    " VALUES (%(tenant)s, 'letters', %(document)s, 99, 'planted', %(vector)s, 'embedder', 'r1', '2100-01-01')",
    "INSERT INTO retrieval.accesses (tenant, action) VALUES (%(tenant)s, 'search')",
    "INSERT INTO retrieval.accesses (tenant, action) VALUES (%(tenant)s, 'ingest')",
    "INSERT INTO retrieval.documents AS d (tenant, collection, id, source, classification, sha256)"
    " VALUES (%(tenant)s, 'letters', %(document)s, 'planted', 'public', sha256('x'))"
    " ON CONFLICT (tenant, id) DO UPDATE SET expires = 'tomorrow'",
    "UPDATE retrieval.documents SET expires = 'tomorrow' WHERE tenant = %(tenant)s",
    "UPDATE retrieval.documents SET tenant = %(tenant)s",
    "UPDATE retrieval.chunks SET tenant = %(tenant)s",
    "UPDATE retrieval.chunks SET text = 'changed' WHERE tenant = %(tenant)s",
    "DELETE FROM retrieval.chunks WHERE tenant = %(tenant)s",
    "DELETE FROM retrieval.documents WHERE tenant = %(tenant)s",
    "DELETE FROM retrieval.collections WHERE tenant = %(tenant)s",
    "DELETE FROM retrieval.tenants WHERE tenant = %(tenant)s",
    "TRUNCATE retrieval.chunks",
    "TRUNCATE retrieval.tenants CASCADE",
    "MERGE INTO retrieval.documents d USING (SELECT %(tenant)s) AS s (tenant) ON d.tenant = s.tenant"
    " WHEN MATCHED THEN DELETE",
)
