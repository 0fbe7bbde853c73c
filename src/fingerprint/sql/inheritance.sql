-- Of tables and, by way of partitions, of indexes.
-- node: inheritance
-- attributes: position, detach pending
SELECT c.relnamespace, c.relname, pg_catalog.concat('from ', pg_catalog.format('%I.%I', n.nspname, p.relname)),
       h.inhseqno, CASE WHEN h.inhdetachpending THEN 'yes' END
FROM pg_catalog.pg_inherits AS h
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) h.inhrelid
JOIN pg_catalog.pg_class AS p ON p.oid OPERATOR(pg_catalog.=) h.inhparent
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.relnamespace
WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
