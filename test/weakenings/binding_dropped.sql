-- weakness: binding_dropped
-- says: only the policy on the setting is left, which a session may set
-- prove: rls_unbound
-- attack: RLS02 RLS03 RLS05
DROP POLICY tenant_role_binding ON {APP}.reports;
