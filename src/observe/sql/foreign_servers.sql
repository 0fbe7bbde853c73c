-- Never their options, nor those of the mappings: passwords stand there.
SELECT s.oid, 's', s.srvname, s.srvowner, s.srvacl
FROM pg_catalog.pg_foreign_server AS s
UNION ALL
SELECT w.oid, 'w', w.fdwname, w.fdwowner, w.fdwacl
FROM pg_catalog.pg_foreign_data_wrapper AS w
