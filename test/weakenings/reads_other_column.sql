-- weakness: reads_other_column
-- says: a tenant may read a column of another tenant's table
-- prove: column_grant
-- attack: ID14
GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT SELECT (body) ON {SB}.agents_secrets TO {A};
