-- node: extension
-- attributes: version, owner, not relocatable
SELECT e.extnamespace, NULL, e.extname, e.extversion, pg_catalog.pg_get_userbyid(e.extowner),
       CASE WHEN NOT e.extrelocatable THEN 'yes' END
FROM pg_catalog.pg_extension AS e
WHERE e.extnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
