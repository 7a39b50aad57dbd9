-- Every way in which the vault, as the catalogue has it now, could be asked otherwise than by its functions: a line
-- each, none when it holds.
WITH relations AS (
    SELECT c.oid, c.relname AS name, c.relacl, c.relowner, c.relkind FROM pg_catalog.pg_class c
    WHERE c.relnamespace = to_regnamespace('token_vault') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), functions AS (
    SELECT f.oid, f.proname AS name, f.proacl, f.proowner, f.prosecdef, f.proconfig FROM pg_catalog.pg_proc f
    WHERE f.pronamespace = to_regnamespace('token_vault')
), grants AS (
    SELECT format('table %s', r.name) AS object, 'table' AS kind, r.name AS named, g.grantee, g.privilege_type
    FROM relations r, aclexplode(coalesce(r.relacl, acldefault('r', r.relowner))) g WHERE g.grantee <> r.relowner
    UNION ALL
    SELECT format('column %s.%s', r.name, a.attname), 'column', r.name, g.grantee, g.privilege_type
    FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid, aclexplode(a.attacl) g
    UNION ALL
    SELECT format('function %s', f.name), 'function', f.name, g.grantee, g.privilege_type
    FROM functions f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) g WHERE g.grantee <> f.proowner
    UNION ALL
    SELECT format('schema %s', n.nspname), 'schema', n.nspname, g.grantee, g.privilege_type
    FROM pg_catalog.pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
    WHERE n.nspname = 'token_vault' AND g.grantee <> n.nspowner
    UNION ALL
    SELECT format('schema %s', n.nspname), 'public', n.nspname, g.grantee, g.privilege_type
    FROM pg_catalog.pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
    WHERE n.nspname = 'public' AND g.grantee = 0 AND to_regnamespace('token_vault') IS NOT NULL
    UNION ALL
    SELECT format('database %s', d.datname), 'database', d.datname, g.grantee, g.privilege_type
    FROM pg_catalog.pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g
    WHERE d.datname = current_database() AND g.grantee <> d.datdba AND to_regnamespace('token_vault') IS NOT NULL
), expected (kind, named, privilege) AS (
    VALUES ('function', 'put', 'EXECUTE'), ('function', 'load', 'EXECUTE'), ('function', 'erase', 'EXECUTE'),
        ('function', 'purge', 'EXECUTE'), ('function', 'volumes', 'EXECUTE'), ('function', 'forget_volume', 'EXECUTE'),
        ('schema', 'token_vault', 'USAGE'),
        ('database', current_database(), 'CONNECT')
), openings AS (
    SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE format('role %s', g.grantee::regrole) END
        || format(' has %s on %s', g.privilege_type, g.object) AS opening
    FROM grants g
    WHERE NOT EXISTS (
        SELECT FROM expected e
        WHERE e.kind = g.kind AND e.named = g.named AND e.privilege = g.privilege_type
            AND g.grantee = 'token_vault_gateway'::regrole)
    UNION ALL
    SELECT format('%s is a view, materialised view, foreign table or sequence', name) FROM relations
    WHERE relkind NOT IN ('r', 'p')
    UNION ALL
    SELECT format('function %s does not pin search_path', name) FROM functions
    WHERE NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')
    UNION ALL
    SELECT format('function %s runs with its owner''s rights, and is none of a gateway''s', name) FROM functions
    WHERE prosecdef AND name NOT IN ('put', 'load', 'erase', 'purge', 'volumes', 'forget_volume')
    UNION ALL
    SELECT format('%s %s is not the owner''s', kind, name)
    FROM (SELECT 'table' AS kind, name, relowner AS owner FROM relations
        UNION ALL SELECT 'function', name, proowner FROM functions) AS owned
    WHERE owner <> 'token_vault_owner'::regrole
    UNION ALL
    SELECT format('role %s may log in, has rights over the server, or bypasses row security', rolname)
    FROM pg_catalog.pg_roles WHERE rolname LIKE 'token\_vault\_%'
        AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
    UNION ALL
    SELECT format('role %s is in the owner, and has its rights without saying so', m.member::regrole)
    FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles o ON o.oid = m.roleid
    JOIN pg_catalog.pg_roles r ON r.oid = m.member
    WHERE o.rolname = 'token_vault_owner' AND m.inherit_option AND NOT r.rolsuper
    UNION ALL
    SELECT format('role %s is in the gateway''s, and in retrieval''s too', r.rolname)
    FROM pg_catalog.pg_roles r
    WHERE NOT r.rolsuper AND NOT r.rolcreaterole AND to_regrole('token_vault_gateway') IS NOT NULL
        AND pg_has_role(r.oid, 'token_vault_gateway', 'MEMBER')
        AND EXISTS (SELECT FROM pg_catalog.pg_roles other
            WHERE other.rolname LIKE 'retrieval\_%' AND pg_has_role(r.oid, other.oid, 'MEMBER'))
)
SELECT opening FROM openings ORDER BY opening;
