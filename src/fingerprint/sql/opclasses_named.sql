SELECT o.oid, CASE WHEN n.nspname OPERATOR(pg_catalog.=) 'pg_catalog' THEN o.opcname::pg_catalog.text
                   ELSE pg_catalog.format('%I.%I', n.nspname, o.opcname) END
FROM pg_catalog.pg_opclass AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) o.opcnamespace
