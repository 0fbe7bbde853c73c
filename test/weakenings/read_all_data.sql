-- weakness: read_all_data
-- says: a tenant is a member of pg_read_all_data
-- prove: predefined_role
-- attack: ID14
GRANT pg_read_all_data TO {A};
