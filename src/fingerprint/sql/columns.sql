-- A default names no column and is deparsed without its table (0): else the server opens every table. A generated
-- column's expression needs it. Whether a default was there when the table was rewritten (attmissingval) and how many
-- dimensions an array was declared with are no meaning: one is storage, the other is not enforced. Of indexes only the
-- columns that somebody set something on: statistics targets, options of an operator class.
-- node: *
-- attributes: type, collation#collations, not null, default#expression, identity, generated, expression#deparsed,
--   storage, compression, statistics target, options#options, foreign options#options, privileges#acl_c,
--   inherited from, not local, comment
SELECT c.relnamespace, c.relname, a.attname, a.attrelid, a.attnum,
       CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::pg_catalog."char"[]) THEN 'index column'
         ELSE 'column' END,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) 0 AND a.attcollation OPERATOR(pg_catalog.<>) 100
         THEN a.attcollation END,
       CASE WHEN a.attnotnull THEN 'yes' END,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) '' THEN pg_catalog.pg_get_expr(e.adbin, 0) END,
       CASE WHEN a.attidentity OPERATOR(pg_catalog.=) 'a' THEN 'always'
         WHEN a.attidentity OPERATOR(pg_catalog.=) 'd' THEN 'by default' END,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) 's' THEN 'stored'
         WHEN a.attgenerated OPERATOR(pg_catalog.=) 'v' THEN 'virtual' END,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN pg_catalog.concat('g ', e.oid, ' ', a.attrelid, ' ',
         e.adbin) END,
       a.attstorage, a.attcompression, CASE WHEN a.attstattarget OPERATOR(pg_catalog.>=) 0 THEN a.attstattarget END,
       a.attoptions, a.attfdwoptions, a.attacl, CASE WHEN a.attinhcount OPERATOR(pg_catalog.>) 0 THEN a.attinhcount END,
       CASE WHEN NOT a.attislocal THEN 'yes' END, d.description
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
LEFT JOIN pg_catalog.pg_attrdef AS e ON e.adrelid OPERATOR(pg_catalog.=) a.attrelid
  AND e.adnum OPERATOR(pg_catalog.=) a.attnum
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) a.attrelid
  AND d.objsubid OPERATOR(pg_catalog.=) a.attnum
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
      AND (c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,c}'::pg_catalog."char"[])
           OR (c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::pg_catalog."char"[])
             AND (a.attstattarget OPERATOR(pg_catalog.>=) 0 OR a.attoptions IS NOT NULL)))
