SELECT d.defaclrole, d.defaclnamespace, d.defaclobjtype, d.defaclacl
FROM pg_catalog.pg_default_acl AS d
