SELECT p.oid, p.pubname, p.pubowner, p.puballtables,
       ARRAY(SELECT r.prrelid FROM pg_catalog.pg_publication_rel AS r WHERE r.prpubid OPERATOR(pg_catalog.=) p.oid)
FROM pg_catalog.pg_publication AS p
