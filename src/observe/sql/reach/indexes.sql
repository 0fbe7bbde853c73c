-- Unique indexes of the application's schema ({schema}); key columns only, 0 is an expression.
SELECT x.indexrelid, x.indrelid, c.relname, x.indisunique, x.indisprimary, x.indisvalid,
       (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1], x.indpred IS NOT NULL
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_index AS x ON x.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE x.indisunique AND c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::pg_catalog."char"[])
  AND c.relnamespace OPERATOR(pg_catalog.=) (SELECT n.oid FROM pg_catalog.pg_namespace AS n
                                             WHERE n.nspname OPERATOR(pg_catalog.=) {schema})
