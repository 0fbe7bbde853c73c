-- weakness: write_all_data
-- says: a tenant is a member of pg_write_all_data
-- prove: predefined_role
-- attack: RLS29
GRANT pg_write_all_data TO {A};
