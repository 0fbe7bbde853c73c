-- Types that stand for themselves: domains, enumerations, ranges. Not the rows of tables nor arrays.
SELECT t.oid, t.typnamespace, t.typname, t.typtype, t.typowner, t.typacl
FROM pg_catalog.pg_type AS t
WHERE t.typtype OPERATOR(pg_catalog.=) ANY ('{d,e,r}'::pg_catalog."char"[])
  AND t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
