-- The body of a DO block: refuses the deletion of a tenant while rows that are not the tenant's would go with its own,
-- or rows of its own would stay where no deletion reaches. {shared} is an array of the shared tables' names; {schema},
-- {column} (the shared one) and {tenant} (the id) are literals; {places} is a loop over what is beyond reach, or empty.
<<deletion_rows>>
DECLARE
  reference record;
  place record;
  counted pg_catalog.int8;
  which pg_catalog.text;
BEGIN
  -- Foreign keys act below row-level security. One that has the tenant on both sides reaches the tenant's rows alone.
  FOR reference IN
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, k.conname,
      CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'p' THEN '' ELSE 'ONLY ' END AS prefix,
      pg_catalog.format('%s%I.%I', CASE WHEN t.relkind OPERATOR(pg_catalog.=) 'p' THEN '' ELSE 'ONLY ' END,
                        tn.nspname, t.relname) AS referenced,
      pg_catalog.string_agg(pg_catalog.format('t.%I OPERATOR(%I.%s) r.%I', ta.attname, opn.nspname, o.oprname,
                                              a.attname), ' AND ') AS match,
      EXISTS (SELECT FROM pg_catalog.pg_attribute AS own WHERE own.attrelid OPERATOR(pg_catalog.=) c.oid
              AND own.attname OPERATOR(pg_catalog.=) {column} AND NOT own.attisdropped) AS has_tenant
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) k.confrelid
    JOIN pg_catalog.pg_namespace AS tn ON tn.oid OPERATOR(pg_catalog.=) t.relnamespace
    CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey),
                                  pg_catalog.unnest(k.conpfeqop)) AS pair(own, theirs, op)
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) pair.own
    JOIN pg_catalog.pg_attribute AS ta
      ON ta.attrelid OPERATOR(pg_catalog.=) k.confrelid AND ta.attnum OPERATOR(pg_catalog.=) pair.theirs
    JOIN pg_catalog.pg_operator AS o ON o.oid OPERATOR(pg_catalog.=) pair.op
    JOIN pg_catalog.pg_namespace AS opn ON opn.oid OPERATOR(pg_catalog.=) o.oprnamespace
    WHERE k.contype OPERATOR(pg_catalog.=) 'f' AND k.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
      AND k.confdeltype OPERATOR(pg_catalog.=) ANY ('{c,n,d}'::pg_catalog._char)
      AND n.nspname OPERATOR(pg_catalog.<>) {schema}
      AND k.confrelid OPERATOR(pg_catalog.=) ANY (ARRAY(
        SELECT pg_catalog.to_regclass(s.name)::pg_catalog.oid FROM pg_catalog.unnest({shared}) AS s(name)))
    GROUP BY k.oid, k.conname, n.nspname, c.oid, c.relname, c.relkind, tn.nspname, t.relname, t.relkind
    HAVING NOT pg_catalog.bool_or(a.attname OPERATOR(pg_catalog.=) {column}
                                  AND ta.attname OPERATOR(pg_catalog.=) {column})
  LOOP
    -- From here to the end of the transaction nobody can refer to the tenant's rows anew.
    IF pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'off' THEN
      EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) FROM (SELECT FROM %s AS t WHERE t.%I '
                                'OPERATOR(pg_catalog.=) %L FOR UPDATE) AS t', reference.referenced, {column}, {tenant});
    END IF;
    EXECUTE pg_catalog.concat(pg_catalog.format('SELECT pg_catalog.count(*) FROM %s%s AS r JOIN %s AS t ON %s '
                              'WHERE t.%I OPERATOR(pg_catalog.=) %L', reference.prefix, reference.name,
                              reference.referenced, reference.match, {column}, {tenant}),
      CASE WHEN reference.has_tenant THEN pg_catalog.format(
        ' AND (r.%1$I IS NULL OR pg_catalog.lower(r.%1$I::pg_catalog.text) OPERATOR(pg_catalog.<>) %2$L)',
        {column}, {tenant}) END)
      INTO counted;
    IF counted OPERATOR(pg_catalog.>) 0 THEN
      which := pg_catalog.concat_ws(', ', which, pg_catalog.format('%s of %s (%s)', counted, reference.name,
                                                                   reference.conname));
    END IF;
  END LOOP;
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'rows that are not the tenant''s refer to its rows and would go with them: %', which
      USING ERRCODE = 'dependent_objects_still_exist',
      HINT = 'Their foreign keys cascade: delete the rows, or give them to whom they refer, first.';
  END IF;
  {places}
END
