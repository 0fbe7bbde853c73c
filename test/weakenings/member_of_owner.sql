-- weakness: member_of_owner
-- says: a tenant is a member of the owner
-- prove: becomes_role inherits_role
-- attack: ID28
GRANT {OWN} TO {A};
