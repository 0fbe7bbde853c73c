-- node: operator family
-- name: as it is
-- attributes: operators, functions, owner
SELECT f.opfnamespace, NULL, pg_catalog.concat(pg_catalog.quote_ident(f.opfname), ' USING ', am.amname),
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.amopstrategy, a.amoppurpose,
         a.amopopr::pg_catalog.regoperator, s.opfname),
                                     ', ' ORDER BY a.amopstrategy, a.amopopr::pg_catalog.regoperator::pg_catalog.text)
        FROM pg_catalog.pg_amop AS a LEFT JOIN pg_catalog.pg_opfamily AS s ON s.oid OPERATOR(pg_catalog.=)
          a.amopsortfamily
        WHERE a.amopfamily OPERATOR(pg_catalog.=) f.oid),
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.amprocnum, a.amproc::pg_catalog.regprocedure), ', '
                                     ORDER BY a.amprocnum, a.amproc::pg_catalog.regprocedure::pg_catalog.text)
        FROM pg_catalog.pg_amproc AS a WHERE a.amprocfamily OPERATOR(pg_catalog.=) f.oid),
       pg_catalog.pg_get_userbyid(f.opfowner)
FROM pg_catalog.pg_opfamily AS f
JOIN pg_catalog.pg_am AS am ON am.oid OPERATOR(pg_catalog.=) f.opfmethod
WHERE f.opfnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
