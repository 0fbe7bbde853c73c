-- weakness: admin_over_other_tenant
-- says: a tenant administers another tenant's role and can grant it to itself
-- prove: admin_option
-- attack: ID30
-- from: 16
GRANT {B} TO {A} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
