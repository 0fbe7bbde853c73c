-- node: statistics
-- attributes: table, kinds, columns#columns, expressions#expression, target, owner
SELECT s.stxnamespace, NULL, s.stxname, pg_catalog.format('%I.%I', n.nspname, c.relname),
       (SELECT pg_catalog.string_agg(k::pg_catalog.text, ' ' ORDER BY k::pg_catalog.text)
         FROM pg_catalog.unnest(s.stxkind) AS k),
       pg_catalog.concat(s.stxrelid, ' ', s.stxkeys), pg_catalog.pg_get_statisticsobjdef_expressions(s.oid),
       CASE WHEN s.stxstattarget OPERATOR(pg_catalog.>=) 0 THEN s.stxstattarget END,
         pg_catalog.pg_get_userbyid(s.stxowner)
FROM pg_catalog.pg_statistic_ext AS s
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) s.stxrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE s.stxnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
