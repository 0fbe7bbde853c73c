-- weakness: force_dropped
-- says: the owner of a shared table is no longer bound by its policies
-- prove: owner_bypasses_rls
-- attack: RLS12
ALTER TABLE {APP}.reports NO FORCE ROW LEVEL SECURITY;
