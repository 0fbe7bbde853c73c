SELECT s.slot_name, s.plugin, s.slot_type, s.database, s.active, s.wal_status
FROM pg_catalog.pg_replication_slots AS s
