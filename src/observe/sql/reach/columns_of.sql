-- The columns of some relations, for the statements that show a break. {relations} is a list of oids.
SELECT a.attrelid, a.attnum, a.attname, a.attacl, a.attidentity, a.attgenerated, a.attnotnull
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ('{relations}'::pg_catalog.oid[])
  AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
