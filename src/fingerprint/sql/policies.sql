-- node: policy
-- attributes: permissive, command, roles#list, using#deparsed, with check#deparsed, comment
SELECT c.relnamespace, c.relname, p.polname, p.polpermissive, p.polcmd,
       (SELECT pg_catalog.string_agg(CASE WHEN o OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
         ELSE pg_catalog.pg_get_userbyid(o)::pg_catalog.text END, E'\x1f')
        FROM pg_catalog.unnest(p.polroles) AS o),
       CASE WHEN p.polqual IS NOT NULL THEN pg_catalog.concat('u ', p.oid, ' ', p.polrelid, ' ', p.polqual) END,
       CASE WHEN p.polwithcheck IS NOT NULL THEN pg_catalog.concat('w ', p.oid, ' ', p.polrelid, ' ',
         p.polwithcheck) END,
       d.description
FROM pg_catalog.pg_policy AS p
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.polrelid
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) p.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass
WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
