-- Which relations a view (or another rule) speaks of, as the server recorded it when the rule was made. Those of
-- pg_catalog are not recorded.
SELECT DISTINCT r.ev_class, d.refobjid, r.ev_type
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_depend AS d
      ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
     AND d.objid OPERATOR(pg_catalog.=) r.oid
     AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
     AND d.refobjid OPERATOR(pg_catalog.<>) r.ev_class
WHERE r.ev_class OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
