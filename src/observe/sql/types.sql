-- {used} is a list of (type, modifier), each once.
-- The base type looks through domains and arrays, down to a domain over an array of a domain; empty: the same.
SELECT t.oid, u.modifier, pg_catalog.format_type(t.oid, u.modifier),
       CASE WHEN b.oid IS NOT NULL OR e.oid IS NOT NULL
            THEN pg_catalog.format_type(COALESCE(eb.oid, e.oid, b.oid), NULL) END
FROM (VALUES {used}) AS u (type, modifier)
JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) u.type::pg_catalog.oid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid OPERATOR(pg_catalog.=) t.typbasetype AND t.typtype OPERATOR(pg_catalog.=) 'd'
LEFT JOIN pg_catalog.pg_type AS e
       ON e.oid OPERATOR(pg_catalog.=) COALESCE(b.typelem, t.typelem)
       AND COALESCE(b.typcategory, t.typcategory) OPERATOR(pg_catalog.=) 'A'
LEFT JOIN pg_catalog.pg_type AS eb ON eb.oid OPERATOR(pg_catalog.=) e.typbasetype
      AND e.typtype OPERATOR(pg_catalog.=) 'd'
