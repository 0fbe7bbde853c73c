-- A cast has no schema; it is counted with the type it is of, or else the type it is to.
-- node: cast
-- name: as it is
-- attributes: function, context, method
SELECT CASE WHEN s.typnamespace OPERATOR(pg_catalog.=) ANY ({schemas}) THEN s.typnamespace ELSE t.typnamespace END,
  NULL,
       pg_catalog.concat(pg_catalog.format_type(c.castsource, NULL), ' AS ', pg_catalog.format_type(c.casttarget,
         NULL)),
       CASE WHEN c.castfunc OPERATOR(pg_catalog.<>) 0 THEN c.castfunc::pg_catalog.regprocedure END, c.castcontext,
         c.castmethod
FROM pg_catalog.pg_cast AS c
JOIN pg_catalog.pg_type AS s ON s.oid OPERATOR(pg_catalog.=) c.castsource
JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) c.casttarget
WHERE c.oid OPERATOR(pg_catalog.>=) 16384 AND (s.typnamespace OPERATOR(pg_catalog.=) ANY ({schemas}) OR t.typnamespace
  OPERATOR(pg_catalog.=) ANY ({schemas}))
