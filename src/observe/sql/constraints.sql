SELECT k.oid, k.conrelid, k.conname, k.contype, k.conkey, k.confrelid, k.confkey, k.convalidated
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) k.connamespace
WHERE k.conrelid OPERATOR(pg_catalog.<>) 0 AND k.contype OPERATOR(pg_catalog.=) ANY ('{c,f,p,u,x}'::pg_catalog."char"[])
  AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
