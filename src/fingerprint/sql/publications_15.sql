-- node: publication of table
-- attributes: published, rows#expression, columns#columns
SELECT c.relnamespace, p.pubname, c.relname, 'yes', pg_catalog.pg_get_expr(r.prqual, r.prrelid),
       CASE WHEN r.prattrs IS NOT NULL THEN pg_catalog.concat(r.prrelid, ' ', r.prattrs) END
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
