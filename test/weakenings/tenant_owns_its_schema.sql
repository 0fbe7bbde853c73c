-- weakness: tenant_owns_its_schema
-- says: a tenant owns its schema, as the usual Terraform module makes it
-- prove: owns plant_code
-- attack: ESC17
ALTER SCHEMA {SA} OWNER TO {A};
