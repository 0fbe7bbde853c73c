-- weakness: rls_disabled
-- says: row-level security was switched off on a shared table
-- prove: rls_off
-- attack: RLS07 RLS10
ALTER TABLE {APP}.agents_tasks DISABLE ROW LEVEL SECURITY;
