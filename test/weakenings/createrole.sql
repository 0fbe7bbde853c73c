-- weakness: createrole
-- says: a tenant has CREATEROLE, which before 16 makes it master of every role
-- prove: createrole
-- attack: ID23
-- before: 16
ALTER ROLE {A} CREATEROLE;
