-- node: schema
-- attributes: owner, privileges#acl_n, comment
SELECT n.oid, NULL, NULL, pg_catalog.pg_get_userbyid(n.nspowner),
       COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner)), d.description
FROM pg_catalog.pg_namespace AS n
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) n.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
WHERE n.oid OPERATOR(pg_catalog.=) ANY ({schemas})
