-- weakness: reads_other_schema
-- says: a tenant may read a table of another tenant
-- prove: table_grant
-- attack: ID14
GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT SELECT ON {SB}.agents_secrets TO {A};
