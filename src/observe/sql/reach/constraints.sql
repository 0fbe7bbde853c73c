-- Foreign keys of the application's schema ({schema}): they look at rows without regard to policies.
SELECT k.oid, k.conrelid, k.conname, k.contype, k.conkey, k.confrelid, k.confkey, k.convalidated
FROM pg_catalog.pg_constraint AS k
WHERE k.contype OPERATOR(pg_catalog.=) 'f'
  AND k.connamespace OPERATOR(pg_catalog.=) (SELECT n.oid FROM pg_catalog.pg_namespace AS n
                                             WHERE n.nspname OPERATOR(pg_catalog.=) {schema})
