-- The columns that foreign keys name in tables of other schemas.
SELECT a.attrelid, a.attnum, a.attname
FROM pg_catalog.pg_attribute AS a
WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND a.attrelid OPERATOR(pg_catalog.=) ANY (ARRAY(
  SELECT k.confrelid FROM pg_catalog.pg_constraint AS k
  JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) k.confrelid
  WHERE k.connamespace OPERATOR(pg_catalog.=) ANY ({schemas}) AND k.contype OPERATOR(pg_catalog.=) 'f'
    AND NOT r.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})))
