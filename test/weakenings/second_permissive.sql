-- weakness: second_permissive
-- says: a later migration lets everybody read, and took the binding away to make it work
-- prove: rls_unbound
-- attack: RLS24 RLS27
DROP POLICY tenant_role_binding ON {APP}.reports;
CREATE POLICY shared_reports ON {APP}.reports FOR SELECT USING (true);
