SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace AS n
