-- weakness: binding_permissive
-- says: the binding is permissive, so the policy on the setting is enough
-- prove: rls_unbound
-- attack: RLS02 RLS03 RLS05
DROP POLICY tenant_role_binding ON {APP}.reports;
CREATE POLICY tenant_role_binding ON {APP}.reports AS PERMISSIVE USING (tenant_id = (SELECT pgcontract.role_tenant()));
