-- Every way in which the schema, as the catalogue has it now, would let one tenant reach another: a line each, none
-- when it holds.
WITH tables AS (
    SELECT c.oid, c.relname AS name, c.relkind, c.relrowsecurity, c.relforcerowsecurity, a.attnum AS tenant
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped
    WHERE c.relnamespace = to_regnamespace('retrieval') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), policies AS (
    SELECT t.name AS table_name, p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS qual,
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
    FROM pg_catalog.pg_policy p JOIN tables t ON t.oid = p.polrelid
), conditions AS (
    SELECT table_name, polname, qual AS condition FROM policies WHERE polpermissive AND polcmd <> 'a'
    UNION ALL
    -- Without WITH CHECK, USING judges new rows too.
    SELECT table_name, polname, coalesce(with_check, qual) FROM policies
    WHERE polpermissive AND polcmd IN ('a', 'w', '*')
), grants AS (
    SELECT format('table %s', t.name) AS object, g.grantee, g.privilege_type
    FROM tables t JOIN pg_catalog.pg_class c USING (oid),
        aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
    UNION ALL
    SELECT format('column %s.%s', t.name, a.attname), g.grantee, g.privilege_type
    FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) g
    UNION ALL
    SELECT format('function %s', f.proname), g.grantee, g.privilege_type
    FROM pg_catalog.pg_proc f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) g
    WHERE f.pronamespace = to_regnamespace('retrieval')
    UNION ALL
    SELECT format('schema %s', n.nspname), g.grantee, g.privilege_type
    FROM pg_catalog.pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
    WHERE n.nspname IN ('retrieval', 'public') AND to_regnamespace('retrieval') IS NOT NULL
    UNION ALL
    SELECT format('database %s', d.datname), g.grantee, g.privilege_type
    FROM pg_catalog.pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g
    WHERE d.datname = current_database() AND to_regnamespace('retrieval') IS NOT NULL
), openings AS (
    SELECT format('table %s has no column tenant', name) AS opening FROM tables WHERE tenant IS NULL
    UNION ALL
    SELECT format('%s is a view, materialised view or foreign table: row security of its own it has none', name)
    FROM tables WHERE relkind IN ('v', 'm', 'f')
    UNION ALL
    SELECT format('table %s: row security is not enabled', name)
    FROM tables WHERE relkind IN ('r', 'p') AND NOT relrowsecurity
    UNION ALL
    SELECT format('table %s: row security is not forced, its owner passes', name)
    FROM tables WHERE relkind IN ('r', 'p') AND NOT relforcerowsecurity
    UNION ALL
    SELECT format('table %s has no policy for %s', t.name, command.name)
    FROM tables t, (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE')) AS command (code, name)
    WHERE t.relkind IN ('r', 'p') AND NOT EXISTS (
        SELECT FROM policies p
        WHERE p.polrelid = t.oid AND p.polcmd::text IN ('*', command.code) AND (p.polpermissive OR p.qual = 'false'))
    UNION ALL
    SELECT format('policy %s of table %s does not compare the tenant with bailiwick.tenant: %s',
        polname, table_name, condition)
    FROM conditions
    -- As PostgreSQL prints it: the comparison alone, or first in an AND of which nothing weakens it.
    WHERE condition IS NULL OR NOT (
        condition = '(tenant = current_setting(''bailiwick.tenant''::text, true))'
        OR condition LIKE '((tenant = current_setting(''bailiwick.tenant''::text, true)) AND %')
    UNION ALL
    SELECT format('policy %s of table %s is for PUBLIC', polname, table_name)
    FROM policies WHERE polpermissive AND 0 = ANY (polroles)
    UNION ALL
    SELECT format('foreign key %s of table %s does not carry the tenant', k.conname, t.name)
    FROM pg_catalog.pg_constraint k JOIN tables t ON t.oid = k.conrelid
    LEFT JOIN tables target ON target.oid = k.confrelid
    WHERE k.contype = 'f' AND NOT EXISTS (
        SELECT FROM unnest(k.conkey, k.confkey) AS pair (here, there)
        WHERE pair.here = t.tenant AND pair.there = target.tenant)
    UNION ALL
    SELECT format('unique index %s of table %s does not begin with the tenant', i.indexrelid::regclass, t.name)
    FROM pg_catalog.pg_index i JOIN tables t ON t.oid = i.indrelid
    WHERE i.indisunique AND i.indkey[0] IS DISTINCT FROM t.tenant
    UNION ALL
    SELECT format('function %s runs with its owner''s rights', proname) FROM pg_catalog.pg_proc
    WHERE pronamespace = to_regnamespace('retrieval') AND prosecdef
    UNION ALL
    SELECT format('function %s does not pin search_path', proname) FROM pg_catalog.pg_proc
    WHERE pronamespace = to_regnamespace('retrieval')
        AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')
    UNION ALL
    SELECT format('PUBLIC has %s on %s', privilege_type, object) FROM grants WHERE grantee = 0
    UNION ALL
    SELECT format('role %s may TRUNCATE %s, which row security does not see', grantee::regrole, object)
    FROM grants WHERE privilege_type = 'TRUNCATE'
    UNION ALL
    SELECT format('role %s may log in, has rights over the server, or bypasses row security', rolname)
    FROM pg_catalog.pg_roles WHERE rolname LIKE 'retrieval\_%'
        AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
    UNION ALL
    -- Superusers can't be helped; on Azure they are Microsoft's own.
    SELECT format('role %s bypasses row security, and may read table %s', r.rolname, t.name)
    FROM pg_catalog.pg_roles r, tables t
    WHERE r.rolbypassrls AND NOT r.rolsuper AND has_table_privilege(r.oid, t.oid, 'SELECT')
)
SELECT opening FROM openings ORDER BY opening;
