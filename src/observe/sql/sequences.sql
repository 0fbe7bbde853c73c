SELECT s.seqrelid, pg_catalog.format_type(s.seqtypid, NULL), COALESCE(o.deptype OPERATOR(pg_catalog.=) 'i', false),
       o.refobjid
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) s.seqrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS o
       ON o.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
       AND o.objid OPERATOR(pg_catalog.=) s.seqrelid AND o.objsubid OPERATOR(pg_catalog.=) 0
      AND o.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      AND o.refobjsubid OPERATOR(pg_catalog.>) 0
      AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
