-- node: view definition
-- attributes: definition#view, rule disabled
SELECT c.relnamespace, NULL, c.relname, pg_catalog.pg_get_viewdef(c.oid),
       CASE WHEN r.ev_enabled OPERATOR(pg_catalog.<>) 'O' THEN r.ev_enabled END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_rewrite AS r ON r.ev_class OPERATOR(pg_catalog.=) c.oid
  AND r.rulename OPERATOR(pg_catalog.=) '_RETURN'
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[])
  AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
