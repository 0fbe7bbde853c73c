SELECT p.parname, p.paracl
FROM pg_catalog.pg_parameter_acl AS p
