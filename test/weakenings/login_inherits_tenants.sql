-- weakness: login_inherits_tenants
-- says: the login of sessions is a member of every tenant's role and inherits
-- prove: becomes_role inherits_role
-- attack: ID14 ID01
GRANT {B} TO {A}; ALTER ROLE {A} INHERIT;
