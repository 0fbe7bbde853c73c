-- A default names no column and is deparsed without its table (0): else the server opens every table. A generated
-- column's expression needs it. Whether a default was there when the table was rewritten (attmissingval) and how many
-- dimensions an array was declared with are no meaning: one is storage, the other is not enforced.
-- node: column
-- attributes: type, collation, not null, default#expression, identity, generated, expression#deparsed, storage,
--   compression, statistics target, options, foreign options, privileges#acl_c, inherited from, not local, comment
SELECT c.relnamespace, c.relname, a.attname, a.attrelid, a.attnum,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) t.typcollation
            THEN COALESCE(a.attcollation::pg_catalog.regcollation::pg_catalog.text, 'none') END,
       CASE WHEN a.attnotnull THEN 'yes' END,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) '' THEN pg_catalog.pg_get_expr(e.adbin, 0) END,
       CASE WHEN a.attidentity OPERATOR(pg_catalog.=) 'a' THEN 'always'
         WHEN a.attidentity OPERATOR(pg_catalog.=) 'd' THEN 'by default' END,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) 's' THEN 'stored'
         WHEN a.attgenerated OPERATOR(pg_catalog.=) 'v' THEN 'virtual' END,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN pg_catalog.concat('g ', e.oid, ' ', a.attrelid, ' ',
         e.adbin) END,
       CASE WHEN a.attstorage OPERATOR(pg_catalog.<>) t.typstorage THEN
         CASE WHEN a.attstorage OPERATOR(pg_catalog.=) 'p' THEN 'plain'
           WHEN a.attstorage OPERATOR(pg_catalog.=) 'm' THEN 'main'
              WHEN a.attstorage OPERATOR(pg_catalog.=) 'e' THEN 'external' ELSE 'extended' END END,
       CASE WHEN a.attcompression OPERATOR(pg_catalog.=) 'p' THEN 'pglz'
         WHEN a.attcompression OPERATOR(pg_catalog.=) 'l' THEN 'lz4' END,
       CASE WHEN a.attstattarget OPERATOR(pg_catalog.>=) 0 THEN a.attstattarget END,
       CASE WHEN a.attoptions IS NOT NULL THEN (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o)
                                                FROM pg_catalog.unnest(a.attoptions) AS o) END,
       CASE WHEN a.attfdwoptions IS NOT NULL THEN (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o)
                                                   FROM pg_catalog.unnest(a.attfdwoptions) AS o) END,
       a.attacl, CASE WHEN a.attinhcount OPERATOR(pg_catalog.>) 0 THEN a.attinhcount END, CASE
         WHEN NOT a.attislocal THEN 'yes' END,
       d.description
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS e ON e.adrelid OPERATOR(pg_catalog.=) a.attrelid
  AND e.adnum OPERATOR(pg_catalog.=) a.attnum
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) a.attrelid
  AND d.objsubid OPERATOR(pg_catalog.=) a.attnum
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
  AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,c}'::pg_catalog."char"[])
      AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
