-- The kind comes with the row. Row types and indexes are elsewhere. What a server keeps for itself (row counts, file
-- nodes, frozen transaction ids, hints that there might be triggers or children) is no meaning.
-- node: *
-- attributes: persistence, access method, tablespace, options#options, toast options#options, replica identity,
--   row security, row security forced, owner, privileges#acl_r, privileges#acl_s, of type, not populated,
--   partition key, partition bound, server, foreign options#options, comment
SELECT c.relnamespace, NULL, c.relname,
       CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'r' THEN 'table' WHEN c.relkind OPERATOR(pg_catalog.=) 'p'
         THEN 'partitioned table'
            WHEN c.relkind OPERATOR(pg_catalog.=) 'v' THEN 'view' WHEN c.relkind OPERATOR(pg_catalog.=) 'm'
              THEN 'materialized view'
            WHEN c.relkind OPERATOR(pg_catalog.=) 'f' THEN 'foreign table'
              WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'sequence'
            ELSE 'composite type' END,
       CASE WHEN c.relpersistence OPERATOR(pg_catalog.=) 'u' THEN 'unlogged'
         WHEN c.relpersistence OPERATOR(pg_catalog.=) 't' THEN 'temporary' END,
       am.amname, ts.spcname,
       c.reloptions,
       tc.reloptions,
       CASE WHEN c.relreplident OPERATOR(pg_catalog.=) 'f' THEN 'full'
         WHEN c.relreplident OPERATOR(pg_catalog.=) 'n' AND c.relkind OPERATOR(pg_catalog.=) ANY
         ('{r,p}'::pg_catalog."char"[])
            THEN 'nothing' WHEN c.relreplident OPERATOR(pg_catalog.=) 'i' THEN 'index' END,
       CASE WHEN c.relrowsecurity THEN 'enabled' END, CASE WHEN c.relforcerowsecurity THEN 'forced' END,
       pg_catalog.pg_get_userbyid(c.relowner),
       CASE WHEN c.relkind OPERATOR(pg_catalog.<>) 'S' AND c.relkind OPERATOR(pg_catalog.<>) 'c'
            THEN COALESCE(c.relacl, pg_catalog.acldefault('r', c.relowner)) END,
       CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN COALESCE(c.relacl, pg_catalog.acldefault('s',
         c.relowner)) END,
       CASE WHEN c.reloftype OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.format_type(c.reloftype, NULL) END,
       CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'm' AND NOT c.relispopulated THEN 'not populated' END,
       CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, 0) END,
       sv.srvname,
       ft.ftoptions,
       d.description
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_am AS am ON am.oid OPERATOR(pg_catalog.=) c.relam
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid OPERATOR(pg_catalog.=) c.reltablespace
LEFT JOIN pg_catalog.pg_class AS tc ON tc.oid OPERATOR(pg_catalog.=) c.reltoastrelid AND tc.reloptions IS NOT NULL
LEFT JOIN pg_catalog.pg_foreign_table AS ft ON ft.ftrelid OPERATOR(pg_catalog.=) c.oid
LEFT JOIN pg_catalog.pg_foreign_server AS sv ON sv.oid OPERATOR(pg_catalog.=) ft.ftserver
LEFT JOIN pg_catalog.pg_description AS d ON d.objoid OPERATOR(pg_catalog.=) c.oid
  AND d.objsubid OPERATOR(pg_catalog.=) 0
      AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S,c}'::pg_catalog."char"[])
  AND c.relnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
