-- node: operator
-- name: as it is
-- attributes: function, result, commutator, negator, merges, hashes, restriction, join, owner
SELECT o.oprnamespace, NULL,
       pg_catalog.concat(o.oprname, ' (', CASE WHEN o.oprleft OPERATOR(pg_catalog.<>) 0
         THEN pg_catalog.format_type(o.oprleft, NULL) ELSE 'none' END, ', ',
                         pg_catalog.format_type(o.oprright, NULL), ')'),
       o.oprcode::pg_catalog.regprocedure, pg_catalog.format_type(o.oprresult, NULL),
       CASE WHEN o.oprcom OPERATOR(pg_catalog.<>) 0 THEN o.oprcom::pg_catalog.regoperator END,
       CASE WHEN o.oprnegate OPERATOR(pg_catalog.<>) 0 THEN o.oprnegate::pg_catalog.regoperator END,
       CASE WHEN o.oprcanmerge THEN 'yes' END, CASE WHEN o.oprcanhash THEN 'yes' END,
       CASE WHEN o.oprrest::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN o.oprrest END,
       CASE WHEN o.oprjoin::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN o.oprjoin END,
         pg_catalog.pg_get_userbyid(o.oprowner)
FROM pg_catalog.pg_operator AS o
WHERE o.oprnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
