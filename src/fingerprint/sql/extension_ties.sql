-- ALTER EXTENSION … ADD, and ALTER … DEPENDS ON EXTENSION.
-- node: extension tie
-- name: as it is
-- attributes: tie
SELECT n.oid, NULL, pg_catalog.concat(i.type, ' ', i.identity, ' and ', e.extname),
       CASE WHEN d.deptype OPERATOR(pg_catalog.=) 'e' THEN 'member' ELSE 'depends' END
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_depend AS d ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
  AND d.refobjid OPERATOR(pg_catalog.=) e.oid
     AND d.deptype OPERATOR(pg_catalog.=) ANY ('{e,x}'::pg_catalog."char"[])
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS i
JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) i.schema
WHERE n.oid OPERATOR(pg_catalog.=) ANY ({schemas})
