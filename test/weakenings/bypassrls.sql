-- weakness: bypassrls
-- says: a tenant's role is exempt from policies
-- prove: bypassrls
-- attack: RLS27
ALTER ROLE {A} BYPASSRLS;
