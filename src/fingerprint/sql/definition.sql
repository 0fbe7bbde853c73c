-- The statement that makes one object, as the server writes it; $1 schema, $2 kind, $3 table (or empty), $4 name.
SELECT pg_catalog.pg_get_indexdef(c.oid) AS definition
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE $2::pg_catalog.text OPERATOR(pg_catalog.=) 'index' AND n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND c.relname OPERATOR(pg_catalog.=) $4::pg_catalog.text
      AND c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::pg_catalog."char"[])
UNION ALL
SELECT pg_catalog.format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname,
                         pg_catalog.pg_get_constraintdef(k.oid))
FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE $2::pg_catalog.text OPERATOR(pg_catalog.=) 'constraint' AND n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND c.relname OPERATOR(pg_catalog.=) $3::pg_catalog.text AND k.conname OPERATOR(pg_catalog.=) $4::pg_catalog.text
UNION ALL
SELECT pg_catalog.pg_get_triggerdef(g.oid)
FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE $2::pg_catalog.text OPERATOR(pg_catalog.=) 'trigger' AND n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND c.relname OPERATOR(pg_catalog.=) $3::pg_catalog.text AND g.tgname OPERATOR(pg_catalog.=) $4::pg_catalog.text
UNION ALL
SELECT pg_catalog.pg_get_ruledef(r.oid)
FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE $2::pg_catalog.text OPERATOR(pg_catalog.=) 'rule' AND n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND c.relname OPERATOR(pg_catalog.=) $3::pg_catalog.text AND r.rulename OPERATOR(pg_catalog.=) $4::pg_catalog.text
UNION ALL
SELECT pg_catalog.format('CREATE OR REPLACE VIEW %I.%I %sAS%s', n.nspname, c.relname,
                         CASE WHEN c.reloptions IS NOT NULL THEN pg_catalog.concat('WITH (',
                pg_catalog.array_to_string(c.reloptions, ', '), ') ') END,
                         pg_catalog.pg_get_viewdef(c.oid))
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE $2::pg_catalog.text OPERATOR(pg_catalog.=) 'view definition'
      AND n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND c.relname OPERATOR(pg_catalog.=) $4::pg_catalog.text AND c.relkind OPERATOR(pg_catalog.=) 'v'
UNION ALL
SELECT pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
WHERE $2::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{function,procedure}'::pg_catalog.text[])
      AND n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND p.prokind OPERATOR(pg_catalog.<>) 'a'
      AND pg_catalog.concat(pg_catalog.quote_ident(p.proname), '(',
        pg_catalog.pg_get_function_identity_arguments(p.oid), ')') OPERATOR(pg_catalog.=) $4::pg_catalog.text
