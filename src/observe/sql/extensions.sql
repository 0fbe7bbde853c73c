SELECT e.oid, e.extname, e.extnamespace, e.extversion, e.extowner
FROM pg_catalog.pg_extension AS e
