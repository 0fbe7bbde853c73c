-- Roles of the whole cluster. Settings: those for this database first, then those for every database.
SELECT r.oid, r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
       r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil,
       pg_catalog.array_cat(here.setconfig, everywhere.setconfig)
FROM pg_catalog.pg_roles AS r
LEFT JOIN pg_catalog.pg_db_role_setting AS here
       ON here.setrole OPERATOR(pg_catalog.=) r.oid
      AND here.setdatabase OPERATOR(pg_catalog.=) (
        SELECT d.oid FROM pg_catalog.pg_database AS d
        WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
LEFT JOIN pg_catalog.pg_db_role_setting AS everywhere ON everywhere.setrole OPERATOR(pg_catalog.=) r.oid
      AND everywhere.setdatabase OPERATOR(pg_catalog.=) 0
