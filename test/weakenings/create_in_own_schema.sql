-- weakness: create_in_own_schema
-- says: a tenant may create functions where its migrations look for names
-- prove: plant_code
-- attack: ESC05 ESC21
GRANT CREATE ON SCHEMA {SA} TO {A};
