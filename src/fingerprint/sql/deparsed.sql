-- One expression of each distinct text, as SQL: see read.cpp. The lists are of oids, by what the expression is of.
SELECT 'c', k.oid, pg_catalog.pg_get_expr(k.conbin, k.conrelid) FROM pg_catalog.pg_constraint AS k
  WHERE k.oid OPERATOR(pg_catalog.=) ANY ({c})
UNION ALL
SELECT 'x', i.indexrelid, pg_catalog.pg_get_expr(i.indexprs, i.indrelid) FROM pg_catalog.pg_index AS i
WHERE i.indexrelid OPERATOR(pg_catalog.=) ANY ({x})
UNION ALL
SELECT 'p', i.indexrelid, pg_catalog.pg_get_expr(i.indpred, i.indrelid) FROM pg_catalog.pg_index AS i
WHERE i.indexrelid OPERATOR(pg_catalog.=) ANY ({p})
UNION ALL
SELECT 'u', p.oid, pg_catalog.pg_get_expr(p.polqual, p.polrelid) FROM pg_catalog.pg_policy AS p
  WHERE p.oid OPERATOR(pg_catalog.=) ANY ({u})
UNION ALL
SELECT 'w', p.oid, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) FROM pg_catalog.pg_policy AS p
  WHERE p.oid OPERATOR(pg_catalog.=) ANY ({w})
UNION ALL
SELECT 'g', d.oid, pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef AS d
  WHERE d.oid OPERATOR(pg_catalog.=) ANY ({g})
