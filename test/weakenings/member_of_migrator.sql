-- weakness: member_of_migrator
-- says: a tenant may become the migrator, and the migrator the owner
-- prove: becomes_role
-- attack: ID29
GRANT {MIG} TO {A};
