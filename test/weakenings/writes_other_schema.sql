-- weakness: writes_other_schema
-- says: a tenant may write into a table of another tenant
-- prove: table_grant
-- attack: RLS29
GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT INSERT ON {SB}.agents_secrets TO {A};
