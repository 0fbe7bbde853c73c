-- What ALTER INDEX … ALTER COLUMN … SET STATISTICS and the options of an operator class leave behind.
-- node: index column
-- attributes: statistics target, operator class options
SELECT c.relnamespace, c.relname, a.attnum, CASE WHEN a.attstattarget OPERATOR(pg_catalog.>=) 0
  THEN a.attstattarget END,
       CASE WHEN a.attoptions IS NOT NULL THEN (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o)
                                                FROM pg_catalog.unnest(a.attoptions) AS o) END
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::pg_catalog."char"[])
  AND (a.attstattarget OPERATOR(pg_catalog.>=) 0 OR a.attoptions IS NOT NULL)
      AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
