-- By their rules, of which there are few, rather than by pg_class.
SELECT c.oid, pg_catalog.pg_get_viewdef(c.oid),
       COALESCE('security_invoker=true' OPERATOR(pg_catalog.=) ANY (c.reloptions)
           OR 'security_invoker=on' OPERATOR(pg_catalog.=) ANY (c.reloptions), false),
       pg_catalog.pg_relation_is_updatable(c.oid, false)
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE r.rulename OPERATOR(pg_catalog.=) '_RETURN'
  AND c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[])
  AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
