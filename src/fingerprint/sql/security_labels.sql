-- node: security label
-- name: as it is
-- attributes: label
SELECT n.oid, NULL, pg_catalog.concat(i.type, ' ', i.identity, ' by ', l.provider), l.label
FROM pg_catalog.pg_seclabel AS l
CROSS JOIN LATERAL pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) AS i
JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) COALESCE(i.schema, i.name)
WHERE n.oid OPERATOR(pg_catalog.=) ANY ({schemas}) AND (i.schema IS NOT NULL OR i.type OPERATOR(pg_catalog.=) 'schema')
