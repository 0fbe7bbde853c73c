SELECT c.oid, CASE WHEN n.nspname OPERATOR(pg_catalog.=) 'pg_catalog' THEN c.collname::pg_catalog.text
                   ELSE pg_catalog.format('%I.%I', n.nspname, c.collname) END
FROM pg_catalog.pg_collation AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.collnamespace
