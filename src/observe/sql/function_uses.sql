-- What calls a function without a body that names it: EXECUTE may not be asked there, and USAGE on its schema never is.
-- Not the functions of extensions.
WITH calls AS (
  SELECT DISTINCT d.refobjid AS function, d.classid, d.objid
  FROM pg_catalog.pg_depend AS d
  WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
    AND d.refobjid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                    WHERE e.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
                      AND e.objid OPERATOR(pg_catalog.=) d.refobjid AND e.deptype OPERATOR(pg_catalog.=) 'e')
), of_relations AS (
  SELECT c.function, c.classid, c.objid, COALESCE(w.ev_class, f.adrelid, p.polrelid, x.indrelid, t.tgrelid,
                                                  NULLIF(k.conrelid, 0::pg_catalog.oid)) AS relation
  FROM calls AS c
  LEFT JOIN pg_catalog.pg_rewrite AS w ON w.oid OPERATOR(pg_catalog.=) c.objid
        AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  LEFT JOIN pg_catalog.pg_attrdef AS f ON f.oid OPERATOR(pg_catalog.=) c.objid
        AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
  LEFT JOIN pg_catalog.pg_policy AS p ON p.oid OPERATOR(pg_catalog.=) c.objid
        AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass
  LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid OPERATOR(pg_catalog.=) c.objid
        AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  LEFT JOIN pg_catalog.pg_trigger AS t ON t.oid OPERATOR(pg_catalog.=) c.objid
        AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass
  LEFT JOIN pg_catalog.pg_constraint AS k ON k.oid OPERATOR(pg_catalog.=) c.objid
        AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
)
SELECT DISTINCT u.function,
       CASE WHEN u.relation IS NOT NULL THEN 'r'
            WHEN u.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'f'
            WHEN u.classid OPERATOR(pg_catalog.=) ANY ('{pg_catalog.pg_operator,pg_catalog.pg_cast,
                 pg_catalog.pg_constraint}'::pg_catalog.regclass[]) THEN 'o'
            ELSE 'i' END,
       COALESCE(u.relation, u.objid)
FROM of_relations AS u
WHERE u.classid OPERATOR(pg_catalog.<>) ALL ('{pg_catalog.pg_event_trigger,pg_catalog.pg_class}'::pg_catalog.regclass[])
   OR u.relation IS NOT NULL
