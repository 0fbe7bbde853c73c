-- weakness: tenant_owns_a_table
-- says: a tenant owns a shared table and may switch off its policies
-- prove: owns
-- attack: RLS31
ALTER TABLE {APP}.reports OWNER TO {A};
