-- By its parts for the same reason as indexes. NOT NULL is an attribute of the column on every version; what only
-- 18 can say of it is in not_null.sql.
-- node: constraint
-- attributes: type, columns#columns, references, referenced columns#columns, on update, on delete,
--   on delete columns#columns, match, expression#deparsed, definition#expression, deferrable, deferred, not validated,
--   not enforced, temporal, no inherit, inherited from, not local, comment
SELECT k.connamespace, COALESCE(r.relname, t.typname), k.conname,
       CASE WHEN k.contype OPERATOR(pg_catalog.=) 'p' THEN 'primary key'
         WHEN k.contype OPERATOR(pg_catalog.=) 'u' THEN 'unique' WHEN k.contype OPERATOR(pg_catalog.=) 'f'
         THEN 'foreign key'
            WHEN k.contype OPERATOR(pg_catalog.=) 'c' THEN 'check' WHEN k.contype OPERATOR(pg_catalog.=) 'x'
              THEN 'exclusion' ELSE 'trigger' END,
       CASE WHEN k.conkey IS NOT NULL AND k.contype OPERATOR(pg_catalog.<>) 'c'
            THEN pg_catalog.concat(k.conrelid, ' ', pg_catalog.array_to_string(k.conkey, ' ')) END,
       CASE WHEN f.oid IS NOT NULL THEN pg_catalog.format('%I.%I', fn.nspname, f.relname) END,
       CASE WHEN k.confkey IS NOT NULL
            THEN pg_catalog.concat(k.confrelid, ' ', pg_catalog.array_to_string(k.confkey, ' ')) END,
       CASE WHEN k.contype OPERATOR(pg_catalog.=) 'f' THEN k.confupdtype END, CASE
         WHEN k.contype OPERATOR(pg_catalog.=) 'f' THEN k.confdeltype END,
       {15:CASE WHEN k.confdelsetcols IS NOT NULL
            THEN pg_catalog.concat(k.conrelid, ' ', pg_catalog.array_to_string(k.confdelsetcols, ' ')) END|NULL},
       CASE WHEN k.contype OPERATOR(pg_catalog.=) 'f' THEN k.confmatchtype END,
       CASE WHEN k.contype OPERATOR(pg_catalog.=) 'c' AND k.conrelid OPERATOR(pg_catalog.<>) 0
         THEN pg_catalog.concat('c ', k.oid, ' ', k.conrelid, ' ', k.conbin) END,
       CASE WHEN k.contype OPERATOR(pg_catalog.=) 'x' OR k.contypid OPERATOR(pg_catalog.<>) 0
         THEN pg_catalog.pg_get_constraintdef(k.oid) END,
       CASE WHEN k.condeferrable THEN 'yes' END, CASE WHEN k.condeferred THEN 'yes' END,
       CASE WHEN NOT k.convalidated THEN 'yes' END,
       {18:CASE WHEN NOT k.conenforced THEN 'yes' END|NULL}, {18:CASE WHEN k.conperiod THEN 'yes' END|NULL},
       CASE WHEN k.connoinherit AND k.contype OPERATOR(pg_catalog.=) 'c' THEN 'yes' END,
       CASE WHEN k.coninhcount OPERATOR(pg_catalog.>) 0 THEN k.coninhcount END, CASE WHEN NOT k.conislocal
         THEN 'yes' END, d.description
FROM pg_catalog.pg_constraint AS k
LEFT JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) k.conrelid
LEFT JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) k.contypid
LEFT JOIN pg_catalog.pg_class AS f ON f.oid OPERATOR(pg_catalog.=) k.confrelid
LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid OPERATOR(pg_catalog.=) f.relnamespace
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) k.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
WHERE k.contype OPERATOR(pg_catalog.<>) 'n' AND k.connamespace OPERATOR(pg_catalog.=) ANY ({schemas})
