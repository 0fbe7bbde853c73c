-- The base type looks through domains and arrays, down to a domain over an array of a domain; empty: the same.
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN b.oid IS NOT NULL OR e.oid IS NOT NULL
            THEN pg_catalog.format_type(COALESCE(eb.oid, e.oid, b.oid), NULL) END,
       a.attnotnull, a.attidentity, a.attgenerated, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attacl
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid OPERATOR(pg_catalog.=) t.typbasetype AND t.typtype OPERATOR(pg_catalog.=) 'd'
LEFT JOIN pg_catalog.pg_type AS e
       ON e.oid OPERATOR(pg_catalog.=) COALESCE(b.typelem, t.typelem) AND COALESCE(b.typcategory, t.typcategory) OPERATOR(pg_catalog.=) 'A'
LEFT JOIN pg_catalog.pg_type AS eb ON eb.oid OPERATOR(pg_catalog.=) e.typbasetype AND e.typtype OPERATOR(pg_catalog.=) 'd'
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
  AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
  AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
