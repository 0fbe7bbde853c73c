-- Since 18 NOT NULL is a constraint with a name. One as the server makes it by itself says no more than the column's
-- attribute; others are nodes.
-- node: not null constraint
-- attributes: name, not validated, no inherit, comment
SELECT k.connamespace, r.relname, a.attname,
       CASE WHEN NOT (k.conname OPERATOR(pg_catalog.=) pg_catalog.concat(r.relname, '_', a.attname,
         '_not_null') OR pg_catalog.octet_length(
         pg_catalog.concat(r.relname, '_', a.attname, '_not_null')) OPERATOR(pg_catalog.>) 63) THEN k.conname END,
       CASE WHEN NOT k.convalidated THEN 'yes' END, CASE WHEN k.connoinherit THEN 'yes' END, d.description
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) k.conrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid
  AND a.attnum OPERATOR(pg_catalog.=) k.conkey[1]
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) k.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
WHERE k.contype OPERATOR(pg_catalog.=) 'n' AND k.connamespace OPERATOR(pg_catalog.=) ANY ({schemas})
      AND (NOT k.convalidated OR k.connoinherit OR d.description IS NOT NULL
           OR (k.conname OPERATOR(pg_catalog.<>) pg_catalog.concat(r.relname, '_', a.attname, '_not_null')
             AND pg_catalog.octet_length(
               pg_catalog.concat(r.relname, '_', a.attname, '_not_null')) OPERATOR(pg_catalog.<=) 63))
