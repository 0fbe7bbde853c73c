-- node: transform
-- name: as it is
-- attributes: from sql, to sql
SELECT t.typnamespace, NULL, pg_catalog.concat(pg_catalog.format_type(x.trftype, NULL), ' FOR ', l.lanname),
       x.trffromsql::pg_catalog.oid::pg_catalog.regprocedure, x.trftosql::pg_catalog.oid::pg_catalog.regprocedure
FROM pg_catalog.pg_transform AS x
JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) x.trftype
JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) x.trflang
WHERE t.typnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
