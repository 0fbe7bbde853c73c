-- weakness: binding_read_only
-- says: the binding holds for SELECT alone; writes follow the setting
-- prove: rls_unbound
-- attack: RLS28
DROP POLICY tenant_role_binding ON {APP}.reports;
CREATE POLICY tenant_role_binding ON {APP}.reports AS RESTRICTIVE FOR SELECT
  USING (tenant_id = (SELECT pgcontract.role_tenant()));
