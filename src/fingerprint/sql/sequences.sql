-- Not the last value, which is data.
-- node: sequence values
-- attributes: type, start, increment, maximum, minimum, cache, cycle, owned by, identity
SELECT c.relnamespace, NULL, c.relname, pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax,
       s.seqmin, s.seqcache, CASE WHEN s.seqcycle THEN 'yes' END,
       CASE WHEN t.oid IS NOT NULL THEN pg_catalog.format('%I.%I.%I', tn.nspname, t.relname, a.attname) END,
       CASE WHEN d.deptype OPERATOR(pg_catalog.=) 'i' THEN 'yes' END
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) s.seqrelid
LEFT JOIN pg_catalog.pg_depend AS d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND
  d.objid OPERATOR(pg_catalog.=) s.seqrelid
      AND d.objsubid OPERATOR(pg_catalog.=) 0 AND d.refclassid OPERATOR(pg_catalog.=)
        'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid OPERATOR(pg_catalog.>) 0
      AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
LEFT JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) d.refobjid
LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid OPERATOR(pg_catalog.=) t.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) d.refobjid
  AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
