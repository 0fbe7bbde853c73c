-- node: trigger
-- attributes: definition, enabled, partition's, comment
SELECT c.relnamespace, c.relname, g.tgname, pg_catalog.pg_get_triggerdef(g.oid), g.tgenabled,
       CASE WHEN g.tgparentid OPERATOR(pg_catalog.<>) 0 THEN 'yes' END, d.description
FROM pg_catalog.pg_trigger AS g
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) g.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass
WHERE NOT g.tgisinternal AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
