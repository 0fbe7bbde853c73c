-- node: publication of table
-- attributes: published
SELECT c.relnamespace, p.pubname, c.relname, 'yes'
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
