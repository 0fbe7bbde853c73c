-- Key columns only (not INCLUDE's); 0 is an expression.
SELECT x.indexrelid, x.indrelid, c.relname, x.indisunique, x.indisprimary, x.indisvalid,
       (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1], x.indpred IS NOT NULL
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) x.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
