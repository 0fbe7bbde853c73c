-- Only the columns everyone may read: subconninfo holds a password.
SELECT s.oid, s.subname, s.subowner, s.subenabled
FROM pg_catalog.pg_subscription AS s
WHERE s.subdbid OPERATOR(pg_catalog.=) (
        SELECT d.oid FROM pg_catalog.pg_database AS d
        WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
