-- Those that are somebody else's too; of an application's own there may be millions.
SELECT l.oid, l.lomowner, l.lomacl
FROM pg_catalog.pg_largeobject_metadata AS l
WHERE l.lomacl IS NOT NULL
