-- The triggers that check foreign keys and unique constraints are the server's own, four a key; one that somebody
-- disabled leaves a constraint that looks whole and checks nothing. No dump shows it. A key's name is its table's own:
-- two tables may have keys of one name that reference a third.
-- node: constraint trigger
-- attributes: enabled
SELECT k.connamespace, pg_catalog.concat(o.relname, '.', k.conname), pg_catalog.concat(c.relname, ' ', p.proname),
  g.tgenabled
FROM pg_catalog.pg_trigger AS g
JOIN pg_catalog.pg_constraint AS k ON k.oid OPERATOR(pg_catalog.=) g.tgconstraint
JOIN pg_catalog.pg_class AS o ON o.oid OPERATOR(pg_catalog.=) k.conrelid
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid
WHERE g.tgisinternal AND g.tgenabled OPERATOR(pg_catalog.<>) 'O'
  AND k.connamespace OPERATOR(pg_catalog.=) ANY ({schemas})
