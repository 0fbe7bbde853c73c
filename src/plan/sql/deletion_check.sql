-- The body of a DO block: refuses the deletion of a tenant while something would be lost that is not the tenant's, or
-- would live on unseen. {schema} and {role} are literals, {publications_of_schemas} a query that needs PostgreSQL 15.
<<deletion_check>>
DECLARE
  home pg_catalog.oid := (SELECT n.oid FROM pg_catalog.pg_namespace AS n
                          WHERE n.nspname OPERATOR(pg_catalog.=) {schema});
  tenant pg_catalog.oid := (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) {role});
  this_database pg_catalog.oid := (SELECT d.oid FROM pg_catalog.pg_database AS d
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database());
  relations pg_catalog._oid := ARRAY(SELECT d.objid FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
      AND d.refobjid OPERATOR(pg_catalog.=) home
      AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass);
  which pg_catalog.text;
BEGIN
  SELECT pg_catalog.string_agg(pg_catalog.quote_literal(p.gid), ', ') INTO which
  FROM pg_catalog.pg_prepared_xacts AS p
  WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()
    AND (p.owner OPERATOR(pg_catalog.=) {role} OR EXISTS (
      SELECT FROM pg_catalog.pg_locks AS l
      WHERE l.virtualtransaction OPERATOR(pg_catalog.=) pg_catalog.concat('-1/', p.transaction)
        AND l.database OPERATOR(pg_catalog.=) this_database
        AND l.relation OPERATOR(pg_catalog.=) ANY (relations)));
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'the tenant has prepared transactions: %', which USING ERRCODE = 'object_in_use',
      HINT = 'End each one first: COMMIT PREPARED or ROLLBACK PREPARED.';
  END IF;

  SELECT pg_catalog.string_agg(DISTINCT t.text, ', ') INTO which
  FROM (SELECT pg_catalog.format('%I has %s', p.pubname, r.prrelid::pg_catalog.regclass) AS text
        FROM pg_catalog.pg_publication_rel AS r
        JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
        WHERE r.prrelid OPERATOR(pg_catalog.=) ANY (relations)
        {publications_of_schemas}) AS t;
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'publications name what is the tenant''s: %', which USING ERRCODE = 'object_in_use',
      HINT = 'Subscribers keep their copies: delete those too, and take it out with ALTER PUBLICATION … DROP first.';
  END IF;

  SELECT pg_catalog.string_agg(DISTINCT s.subname, ', ') INTO which
  FROM pg_catalog.pg_subscription_rel AS r
  JOIN pg_catalog.pg_subscription AS s ON s.oid OPERATOR(pg_catalog.=) r.srsubid
  WHERE r.srrelid OPERATOR(pg_catalog.=) ANY (relations);
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'subscriptions write to the tenant''s tables: %', which USING ERRCODE = 'object_in_use',
      HINT = 'Take the tables out of what they subscribe to, then ALTER SUBSCRIPTION … REFRESH PUBLICATION.';
  END IF;

  -- What lies in the schema, and what is part of that, down to the array types of row types.
  WITH RECURSIVE parts AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
      AND d.refobjid OPERATOR(pg_catalog.=) home
    UNION
    SELECT d.classid, d.objid FROM parts AS i JOIN pg_catalog.pg_depend AS d
      ON d.refclassid OPERATOR(pg_catalog.=) i.classid AND d.refobjid OPERATOR(pg_catalog.=) i.objid
    WHERE d.deptype OPERATOR(pg_catalog.=) ANY ('{i,a,e}'::pg_catalog._char)
  ), dependents AS (
    SELECT DISTINCT d.classid, d.objid,
      CASE d.classid
        WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN
          (SELECT r.ev_class FROM pg_catalog.pg_rewrite AS r WHERE r.oid OPERATOR(pg_catalog.=) d.objid)
        WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN
          (SELECT c.conrelid FROM pg_catalog.pg_constraint AS c WHERE c.oid OPERATOR(pg_catalog.=) d.objid)
        WHEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN
          (SELECT a.adrelid FROM pg_catalog.pg_attrdef AS a WHERE a.oid OPERATOR(pg_catalog.=) d.objid)
        WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN
          (SELECT t.tgrelid FROM pg_catalog.pg_trigger AS t WHERE t.oid OPERATOR(pg_catalog.=) d.objid)
        WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN
          (SELECT p.polrelid FROM pg_catalog.pg_policy AS p WHERE p.oid OPERATOR(pg_catalog.=) d.objid)
        WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.objid
      END AS relation
    FROM parts AS i JOIN pg_catalog.pg_depend AS d
      ON d.refclassid OPERATOR(pg_catalog.=) i.classid AND d.refobjid OPERATOR(pg_catalog.=) i.objid
    -- Those that a foreign key has made are judged with their constraint.
    WHERE NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass AND EXISTS (
      SELECT FROM pg_catalog.pg_trigger AS t WHERE t.oid OPERATOR(pg_catalog.=) d.objid AND t.tgisinternal))
  ), homes AS (
    SELECT d.classid, d.objid, COALESCE(
        (SELECT c.relnamespace FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) d.relation),
        (SELECT n.refobjid FROM pg_catalog.pg_depend AS n
         WHERE n.classid OPERATOR(pg_catalog.=) d.classid AND n.objid OPERATOR(pg_catalog.=) d.objid
           AND n.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass LIMIT 1)) AS home
    FROM dependents AS d
  )
  SELECT pg_catalog.string_agg(t.text, ', ') INTO which
  FROM (SELECT pg_catalog.pg_describe_object(h.classid, h.objid, 0) AS text FROM homes AS h
        WHERE h.home OPERATOR(pg_catalog.<>) deletion_check.home
            AND h.home OPERATOR(pg_catalog.<>) 'pg_toast'::pg_catalog.regnamespace
          -- In no schema: an event trigger, a cast, a domain's constraint, a row type.
          OR h.home IS NULL AND NOT EXISTS (SELECT FROM parts AS i WHERE i.classid OPERATOR(pg_catalog.=) h.classid
                                            AND i.objid OPERATOR(pg_catalog.=) h.objid)
        ORDER BY 1 LIMIT 20) AS t;
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'objects of other schemas depend on the tenant''s schema: %', which
      USING ERRCODE = 'dependent_objects_still_exist', HINT = 'They are not the tenant''s: drop or change them first.';
  END IF;

  SELECT pg_catalog.string_agg(t.text, ', ') INTO which
  FROM (SELECT pg_catalog.pg_describe_object(s.classid, s.objid, s.objsubid) AS text
        FROM pg_catalog.pg_shdepend AS s
        WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
          AND s.refobjid OPERATOR(pg_catalog.=) tenant AND s.deptype OPERATOR(pg_catalog.=) 'o'
          AND s.dbid OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, this_database])
          AND s.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_largeobject'::pg_catalog.regclass
          AND NOT (s.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                   AND s.objid OPERATOR(pg_catalog.=) home)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid OPERATOR(pg_catalog.=) s.classid AND d.objid OPERATOR(pg_catalog.=) s.objid
              AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
              AND d.refobjid OPERATOR(pg_catalog.=) home)
        ORDER BY 1 LIMIT 20) AS t;
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'the tenant''s role owns what is not in its schema: %', which
      USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Give each to another owner, or drop it, first.';
  END IF;

  SELECT pg_catalog.string_agg(DISTINCT d.datname, ', ') INTO which
  FROM pg_catalog.pg_shdepend AS s
  JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.dbid
  WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
    AND s.refobjid OPERATOR(pg_catalog.=) tenant AND s.dbid OPERATOR(pg_catalog.<>) this_database;
  IF which IS NOT NULL THEN
    RAISE EXCEPTION 'the tenant''s role is used in other databases of this cluster: %', which
      USING ERRCODE = 'dependent_objects_still_exist',
      HINT = 'Delete the tenant there first, or run DROP OWNED BY its role there.';
  END IF;
END
