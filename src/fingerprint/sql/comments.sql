-- Comments on what the other queries do not read them for.
-- node: comment
-- name: as it is
-- attributes: text
SELECT n.oid, NULL, pg_catalog.concat(i.type, ' ', i.identity), d.description
FROM pg_catalog.pg_description AS d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) i.schema
WHERE d.objoid OPERATOR(pg_catalog.>=) 16384 AND n.oid OPERATOR(pg_catalog.=) ANY ({schemas})
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_namespace'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_constraint'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_trigger'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_policy'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_proc'::pg_catalog.regclass
      AND d.classoid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_type'::pg_catalog.regclass
