-- What the server (its oids are below 16384) and extensions bring along and whose privileges were once set, by initdb,
-- by the extension or later; and what was set at first, so that what came later can be told.
-- regprocedure and regclass show what is on the pinned search_path, pg_catalog, by its bare name.
SELECT p.oid, 'f', p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proacl, i.initprivs
FROM pg_catalog.pg_proc AS p
LEFT JOIN pg_catalog.pg_init_privs AS i
       ON i.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
      AND i.objoid OPERATOR(pg_catalog.=) p.oid
WHERE p.proacl IS NOT NULL
  AND (p.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
       OR p.oid OPERATOR(pg_catalog.=) ANY (SELECT e.objid FROM pg_catalog.pg_depend AS e
                    WHERE e.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
                      AND e.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
                      AND e.deptype OPERATOR(pg_catalog.=) 'e'))
UNION ALL
SELECT c.oid, 'r', c.oid::pg_catalog.regclass::pg_catalog.text, c.relacl, i.initprivs
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_init_privs AS i
       ON i.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      AND i.objoid OPERATOR(pg_catalog.=) c.oid AND i.objsubid OPERATOR(pg_catalog.=) 0
WHERE c.relacl IS NOT NULL
  AND (c.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
       OR c.oid OPERATOR(pg_catalog.=) ANY (SELECT e.objid FROM pg_catalog.pg_depend AS e
                    WHERE e.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
                      AND e.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND e.deptype OPERATOR(pg_catalog.=) 'e'))
UNION ALL
SELECT a.attrelid, 'c',
       pg_catalog.concat(a.attrelid::pg_catalog.regclass::pg_catalog.text, '.', pg_catalog.quote_ident(a.attname)),
       a.attacl, i.initprivs
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_init_privs AS i
       ON i.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      AND i.objoid OPERATOR(pg_catalog.=) a.attrelid AND i.objsubid OPERATOR(pg_catalog.=) a.attnum
WHERE a.attacl IS NOT NULL AND a.attrelid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
