SELECT m.srvid, m.umuser
FROM pg_catalog.pg_user_mappings AS m
