-- weakness: large_object
-- says: a large object that everybody may read holds another tenant's data
-- prove: large_object
-- attack: RLS30
SELECT pg_catalog.lo_from_bytea(424242, 'B-LARGE-OBJECT');
GRANT SELECT ON LARGE OBJECT 424242 TO PUBLIC;
