-- weakness: read_server_files
-- says: the group of all tenants may read the server's files
-- prove: predefined_role
-- attack: ESC18
GRANT pg_read_server_files TO {GROUP}; GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO {GROUP};
