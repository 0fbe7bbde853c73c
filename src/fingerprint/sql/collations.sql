-- Not the version of the operating system's library, which is the machine's. The column of the locale changed its
-- name twice.
-- node: collation
-- attributes: provider, not deterministic, collate, ctype, locale, rules, encoding, owner
SELECT c.collnamespace, NULL, c.collname, c.collprovider, CASE WHEN NOT c.collisdeterministic THEN 'yes' END,
       {15:c.collcollate|CASE WHEN c.collprovider OPERATOR(pg_catalog.=) 'c' THEN c.collcollate END},
       {15:c.collctype|CASE WHEN c.collprovider OPERATOR(pg_catalog.=) 'c' THEN c.collctype END},
       {17:c.colllocale|{15:c.colliculocale|CASE WHEN c.collprovider OPERATOR(pg_catalog.=) 'i'
         THEN c.collcollate END}},
       {16:c.collicurules|NULL}, CASE WHEN c.collencoding OPERATOR(pg_catalog.>=) 0
         THEN pg_catalog.pg_encoding_to_char(c.collencoding) END,
       pg_catalog.pg_get_userbyid(c.collowner)
FROM pg_catalog.pg_collation AS c
WHERE c.collnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
