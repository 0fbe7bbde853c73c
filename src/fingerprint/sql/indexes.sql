-- By its parts and not by pg_get_indexdef(), for which the server opens every index: 3 s for 55,000 of them. For an
-- index of a partitioned table the flags of its parts are their own.
-- node: index
-- attributes: table, method, unique, primary, nulls not distinct, exclusion, deferrable, clustered, invalid, not ready,
--   not live, replica identity, key columns, columns#columns, operator classes#opclasses, collations#collations,
--   orders, expressions#deparsed, predicate#deparsed, options#options, tablespace, comment
SELECT c.relnamespace, NULL, c.relname, t.relname, am.amname,
       CASE WHEN i.indisunique THEN 'yes' END, CASE WHEN i.indisprimary THEN 'yes' END,
       {15:CASE WHEN i.indnullsnotdistinct THEN 'yes' END|NULL},
       CASE WHEN i.indisexclusion THEN 'yes' END, CASE WHEN NOT i.indimmediate THEN 'yes' END,
       CASE WHEN i.indisclustered THEN 'yes' END, CASE WHEN NOT i.indisvalid THEN 'yes' END,
       CASE WHEN NOT i.indisready THEN 'yes' END, CASE WHEN NOT i.indislive THEN 'yes' END,
       CASE WHEN i.indisreplident THEN 'yes' END, i.indnkeyatts,
       pg_catalog.concat(i.indrelid, ' ', i.indkey), i.indclass, i.indcollation, i.indoption,
       CASE WHEN i.indexprs IS NOT NULL THEN pg_catalog.concat('x ', i.indexrelid, ' ', i.indrelid, ' ',
         i.indexprs) END,
       CASE WHEN i.indpred IS NOT NULL THEN pg_catalog.concat('p ', i.indexrelid, ' ', i.indrelid, ' ', i.indpred) END,
       c.reloptions,
       ts.spcname, d.description
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) i.indrelid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid OPERATOR(pg_catalog.=) c.relam
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid OPERATOR(pg_catalog.=) c.reltablespace
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) c.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
