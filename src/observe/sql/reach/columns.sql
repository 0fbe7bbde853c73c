-- All that reachability asks of columns: which tables have the tenants' column, and which columns have grants of their
-- own. {column} is that column's name.
SELECT a.attrelid, a.attnum, a.attname, a.attacl
FROM pg_catalog.pg_attribute AS a
WHERE (a.attacl IS NOT NULL OR a.attname OPERATOR(pg_catalog.=) {column}) AND a.attnum OPERATOR(pg_catalog.>) 0
  AND NOT a.attisdropped AND a.attrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
