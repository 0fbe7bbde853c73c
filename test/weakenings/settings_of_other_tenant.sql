-- weakness: settings_of_other_tenant
-- says: the role's own setting names another tenant, and the binding was dropped
-- prove: rls_unbound
-- attack: RLS02 RLS24 RLS27
DROP POLICY tenant_role_binding ON {APP}.reports;
ALTER ROLE {A} IN DATABASE {DB} SET app.tenant_id = '{UB}';
