-- weakness: create_in_public
-- says: everybody may create in schema public
-- prove: plant_code
-- attack: ESC11
GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC;
