-- weakness: member_of_other_tenant
-- says: a tenant is a member of another tenant
-- prove: becomes_role inherits_role
-- attack: ID01 ID02
GRANT {B} TO {A};
