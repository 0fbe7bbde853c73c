-- One row: the server and who looks at it.
SELECT pg_catalog.current_setting('server_version_num'),
       pg_catalog.current_setting('server_version'),
       (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c),
       pg_catalog.pg_is_in_recovery(),
       d.datname,
       d.oid,
       r.rolname,
       r.rolsuper
FROM pg_catalog.pg_database AS d, pg_catalog.pg_roles AS r
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND r.rolname OPERATOR(pg_catalog.=) current_user
