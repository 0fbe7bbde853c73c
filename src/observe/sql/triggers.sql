SELECT t.oid, t.tgrelid, t.tgname, t.tgfoid, t.tgenabled
FROM pg_catalog.pg_trigger AS t
WHERE NOT t.tgisinternal
