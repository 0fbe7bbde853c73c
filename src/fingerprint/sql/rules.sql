-- node: rule
-- attributes: definition#expression, enabled, comment
SELECT c.relnamespace, c.relname, r.rulename, pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled, d.description
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.ev_class
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) r.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
WHERE r.rulename OPERATOR(pg_catalog.<>) '_RETURN' AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
