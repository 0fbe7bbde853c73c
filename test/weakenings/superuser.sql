-- weakness: superuser
-- says: a tenant's role is a superuser
-- prove: superuser
-- attack: RLS27 ESC18
ALTER ROLE {A} SUPERUSER;
