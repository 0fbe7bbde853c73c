-- weakness: create_in_application_schema
-- says: tenants may create functions where everybody looks for names
-- prove: plant_code
-- attack: ESC26
GRANT CREATE ON SCHEMA {APP} TO {GROUP};
