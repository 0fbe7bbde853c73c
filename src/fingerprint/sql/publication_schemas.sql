-- node: publication of schema
-- attributes: published
SELECT r.pnnspid, NULL, p.pubname, 'yes'
FROM pg_catalog.pg_publication_namespace AS r
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.pnpubid
WHERE r.pnnspid OPERATOR(pg_catalog.=) ANY ({schemas})
