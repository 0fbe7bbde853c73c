-- node: operator class
-- name: as it is
-- attributes: family, type, key type, default, owner
SELECT o.opcnamespace, NULL, pg_catalog.concat(pg_catalog.quote_ident(o.opcname), ' USING ', am.amname),
       pg_catalog.format('%I.%I', n.nspname, f.opfname), pg_catalog.format_type(o.opcintype, NULL),
       CASE WHEN o.opckeytype OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.format_type(o.opckeytype, NULL) END,
       CASE WHEN o.opcdefault THEN 'yes' END, pg_catalog.pg_get_userbyid(o.opcowner)
FROM pg_catalog.pg_opclass AS o
JOIN pg_catalog.pg_am AS am ON am.oid OPERATOR(pg_catalog.=) o.opcmethod
JOIN pg_catalog.pg_opfamily AS f ON f.oid OPERATOR(pg_catalog.=) o.opcfamily
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) f.opfnamespace
WHERE o.opcnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
