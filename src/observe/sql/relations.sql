SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relpersistence, c.relowner, c.relacl, c.relrowsecurity,
       c.relforcerowsecurity, c.relispartition, i.inhparent, c.reltuples, c.relpages, c.relreplident, c.reloptions,
       e.objid IS NOT NULL
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid OPERATOR(pg_catalog.=) c.oid AND i.inhseqno OPERATOR(pg_catalog.=) 1
LEFT JOIN pg_catalog.pg_depend AS e
       ON e.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
       AND e.objid OPERATOR(pg_catalog.=) c.oid AND e.objsubid OPERATOR(pg_catalog.=) 0
      AND e.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
      AND e.deptype OPERATOR(pg_catalog.=) 'e'
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])
  AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
