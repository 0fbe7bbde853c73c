-- weakness: binding_of_one_tenant
-- says: the binding is for one role only; every other tenant goes by the setting
-- prove: rls_unbound
-- attack: RLS02 RLS03 RLS05
DROP POLICY tenant_role_binding ON {APP}.reports;
CREATE POLICY tenant_role_binding ON {APP}.reports AS RESTRICTIVE TO {B}
  USING (tenant_id = (SELECT pgcontract.role_tenant()));
