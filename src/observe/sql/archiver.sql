-- What the archiver did since its statistics began, and the segment that is written now. Instants in milliseconds.
SELECT a.archived_count,
       a.last_archived_wal,
       pg_catalog.floor(EXTRACT(EPOCH FROM a.last_archived_time) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8,
       a.last_failed_wal,
       pg_catalog.floor(EXTRACT(EPOCH FROM a.last_failed_time) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
            ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) END
FROM pg_catalog.pg_stat_archiver AS a
