-- Array types follow their elements, multiranges their ranges. The row type of a table is a node where somebody
-- granted or revoked something on it.
-- node: type
-- attributes: kind, base type, not null, default#expression, collation, labels, range, input, owner, privileges#acl_T,
--   comment
SELECT t.typnamespace, NULL, t.typname,
       CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' WHEN t.typtype OPERATOR(pg_catalog.=) 'd'
         THEN 'domain' WHEN t.typtype OPERATOR(pg_catalog.=) 'r' THEN 'range'
            WHEN t.typtype OPERATOR(pg_catalog.=) 'c' THEN 'composite' WHEN t.typisdefined THEN 'base' ELSE 'shell' END,
       CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
       CASE WHEN t.typnotnull THEN 'yes' END, t.typdefault,
       CASE WHEN t.typcollation OPERATOR(pg_catalog.<>) COALESCE(b.typcollation, 0)
         AND t.typtype OPERATOR(pg_catalog.=) 'd'
            THEN t.typcollation::pg_catalog.regcollation END,
       CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN (SELECT
         pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                                       FROM pg_catalog.pg_enum AS e WHERE e.enumtypid OPERATOR(pg_catalog.=) t.oid) END,
       CASE WHEN r.rngtypid IS NOT NULL
            THEN pg_catalog.concat_ws(' ', pg_catalog.format_type(r.rngsubtype, NULL), o.opcname,
                   r.rngcollation::pg_catalog.regcollation, r.rngcanonical, r.rngsubdiff,
                   pg_catalog.format_type(r.rngmultitypid, NULL)) END,
       CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'b'
            THEN pg_catalog.concat_ws(' ', t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory,
              t.typispreferred,
                   t.typdelim, t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze,
                   t.typsubscript, pg_catalog.format_type(t.typelem, NULL),
                t.typcollation OPERATOR(pg_catalog.<>) 0) END,
       pg_catalog.pg_get_userbyid(t.typowner), COALESCE(t.typacl, pg_catalog.acldefault('T', t.typowner)), d.description
FROM pg_catalog.pg_type AS t
LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.typrelid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid OPERATOR(pg_catalog.=) t.typbasetype
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid OPERATOR(pg_catalog.=) t.oid
LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid OPERATOR(pg_catalog.=) r.rngsubopc
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) t.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
WHERE t.typtype OPERATOR(pg_catalog.<>) 'm' AND (c.oid IS NULL OR c.relkind OPERATOR(pg_catalog.=) 'c' OR t.typacl IS
  NOT NULL OR d.description IS NOT NULL)
      AND NOT (t.typlen OPERATOR(pg_catalog.=) -1 AND t.typelem OPERATOR(pg_catalog.<>) 0
        AND t.typsubscript::pg_catalog.oid OPERATOR(pg_catalog.=)
        'pg_catalog.array_subscript_handler'::pg_catalog.regproc::pg_catalog.oid)
      AND t.typnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
