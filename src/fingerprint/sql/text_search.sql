-- Configurations, dictionaries, parsers and templates; the kind comes with the row.
-- node: *
-- attributes: definition, owner
SELECT g.cfgnamespace, NULL, g.cfgname, 'text search configuration',
       pg_catalog.concat(pg_catalog.format('%I.%I', n.nspname, p.prsname), ': ',
         (SELECT pg_catalog.string_agg(pg_catalog.concat(m.maptokentype, ' ', m.mapdict::pg_catalog.regdictionary), ', '
                                       ORDER BY m.maptokentype, m.mapseqno)
          FROM pg_catalog.pg_ts_config_map AS m WHERE m.mapcfg OPERATOR(pg_catalog.=) g.oid)),
       pg_catalog.pg_get_userbyid(g.cfgowner)
FROM pg_catalog.pg_ts_config AS g
JOIN pg_catalog.pg_ts_parser AS p ON p.oid OPERATOR(pg_catalog.=) g.cfgparser
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.prsnamespace
WHERE g.cfgnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
UNION ALL
SELECT g.dictnamespace, NULL, g.dictname, 'text search dictionary',
       pg_catalog.concat(pg_catalog.format('%I.%I', n.nspname, t.tmplname), ': ', g.dictinitoption),
       pg_catalog.pg_get_userbyid(g.dictowner)
FROM pg_catalog.pg_ts_dict AS g
JOIN pg_catalog.pg_ts_template AS t ON t.oid OPERATOR(pg_catalog.=) g.dicttemplate
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) t.tmplnamespace
WHERE g.dictnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
UNION ALL
SELECT g.prsnamespace, NULL, g.prsname, 'text search parser',
       pg_catalog.concat_ws(' ', g.prsstart, g.prstoken, g.prsend, g.prsheadline, g.prslextype), NULL
FROM pg_catalog.pg_ts_parser AS g
WHERE g.prsnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
UNION ALL
SELECT g.tmplnamespace, NULL, g.tmplname, 'text search template', pg_catalog.concat_ws(' ', g.tmplinit,
  g.tmpllexize), NULL
FROM pg_catalog.pg_ts_template AS g
WHERE g.tmplnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
