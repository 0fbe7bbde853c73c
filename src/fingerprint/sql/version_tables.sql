-- As Alembic makes it, and of a type that has no cast of anybody's to text.
SELECT c.relnamespace, c.oid
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
  AND a.attname OPERATOR(pg_catalog.=) 'version_num' AND NOT a.attisdropped
     AND a.atttypid OPERATOR(pg_catalog.=) ANY ('{25,1043}'::pg_catalog.oid[])
WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relname OPERATOR(pg_catalog.=) {table}
  AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
