-- weakness: sequence_of_other_tenant
-- says: a tenant may set the sequence of another tenant
-- prove: sequence_grant
-- attack: DOS13
GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT ALL ON ALL SEQUENCES IN SCHEMA {SB} TO {A};
