-- What the server brings along (its oids are below 16384) and whose privileges were once set, by initdb or later.
-- regprocedure and regclass show what is on the pinned search_path, pg_catalog, by its bare name.
SELECT p.oid, 'f', p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proacl
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
WHERE p.proacl IS NOT NULL AND p.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
  AND n.nspname OPERATOR(pg_catalog.=) ANY ('{pg_catalog,information_schema}'::pg_catalog.name[])
UNION ALL
SELECT c.oid, 'r', c.oid::pg_catalog.regclass::pg_catalog.text, c.relacl
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relacl IS NOT NULL AND c.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
  AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v}'::pg_catalog."char"[])
  AND n.nspname OPERATOR(pg_catalog.=) ANY ('{pg_catalog,information_schema}'::pg_catalog.name[])
