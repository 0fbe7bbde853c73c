-- The functions that the strict profile speaks of and whose privileges were never set: PUBLIC may call them. The names
-- are tenancy::strict_names(); a test compares them. Not one pattern a name: the server keeps 32 compiled ones.
SELECT p.oid, 'f', p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proacl, NULL
FROM pg_catalog.pg_proc AS p
WHERE p.proacl IS NULL AND p.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace
  AND (p.proname OPERATOR(pg_catalog.=) ANY ('{
    set_config,ts_stat,pg_notify,pg_logical_emit_message,lo_create,lo_creat,lo_from_bytea,lo_get,lo_open,lo_put,
    lo_unlink,loread,lowrite,pg_indexes_size,pg_relation_size,pg_table_size,pg_total_relation_size,
    pg_stat_get_activity,pg_stat_get_dead_tuples,pg_stat_get_ins_since_vacuum,pg_stat_get_live_tuples,
    pg_stat_get_mod_since_analyze,pg_stat_get_numscans
  }'::pg_catalog.name[]) OR p.proname OPERATOR(pg_catalog.^@) ANY ('{
    query_to_xml,table_to_xml,schema_to_xml,database_to_xml,cursor_to_xml,pg_advisory_,pg_try_advisory_,
    lo_truncate,pg_stat_get_backend_,pg_stat_get_blocks_,pg_stat_get_tuples_
  }'::pg_catalog.text[]))
