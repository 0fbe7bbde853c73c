-- node: *
-- name: as it is
-- attributes: arguments, result, language, body, body, library, volatility, strict, parallel, leakproof,
--   security definer, cost, rows, settings#options, support, transforms, aggregate, owner, privileges#acl_f, comment
SELECT p.pronamespace, NULL,
       pg_catalog.concat(pg_catalog.quote_ident(p.proname), '(',
         pg_catalog.pg_get_function_identity_arguments(p.oid), ')'),
       CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'p' THEN 'procedure'
         WHEN p.prokind OPERATOR(pg_catalog.=) 'a' THEN 'aggregate'
            WHEN p.prokind OPERATOR(pg_catalog.=) 'w' THEN 'window function' ELSE 'function' END,
       pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid), l.lanname, p.prosrc,
       CASE WHEN p.prosqlbody IS NOT NULL THEN pg_catalog.pg_get_function_sqlbody(p.oid) END, p.probin, p.provolatile,
       CASE WHEN p.proisstrict THEN 'yes' END, p.proparallel, CASE WHEN p.proleakproof THEN 'yes' END,
       CASE WHEN p.prosecdef THEN 'yes' END, p.procost, CASE WHEN p.proretset THEN p.prorows END,
       p.proconfig,
       CASE WHEN p.prosupport::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN p.prosupport END,
       CASE WHEN p.protrftypes IS NOT NULL
            THEN (SELECT pg_catalog.string_agg(pg_catalog.format_type(o, NULL), ', '
              ORDER BY pg_catalog.format_type(o, NULL))
                  FROM pg_catalog.unnest(p.protrftypes) AS o) END,
       CASE WHEN g.aggfnoid IS NOT NULL
            THEN pg_catalog.concat_ws(' ', g.aggkind, g.aggnumdirectargs, g.aggtransfn, g.aggfinalfn, g.aggcombinefn,
                   g.aggserialfn, g.aggdeserialfn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn, g.aggfinalextra,
                   g.aggmfinalextra, g.aggfinalmodify, g.aggmfinalmodify, g.aggsortop::pg_catalog.regoperator,
                   pg_catalog.format_type(g.aggtranstype, NULL), g.aggtransspace,
                   pg_catalog.format_type(g.aggmtranstype, NULL), g.aggmtransspace, g.agginitval, g.aggminitval) END,
       pg_catalog.pg_get_userbyid(p.proowner), COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner)), d.description
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang
LEFT JOIN pg_catalog.pg_aggregate AS g ON g.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.=) p.oid
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) p.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
WHERE p.pronamespace OPERATOR(pg_catalog.=) ANY ({schemas})
