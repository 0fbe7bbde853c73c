-- weakness: group_member_of_owner
-- says: the group of all tenants is a member of the owner
-- prove: becomes_role inherits_role
-- attack: ID28
GRANT {OWN} TO {GROUP};
