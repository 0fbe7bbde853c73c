-- Settings the role may see (others are missing, not empty).
SELECT s.name, s.setting, s.unit, s.pending_restart
FROM pg_catalog.pg_settings AS s
