-- weakness: public_user_mapping
-- says: a foreign server carries a stored credential for everybody
-- prove: foreign_server
-- attack: ESC20
CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA extensions;
CREATE SERVER reporting FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname '{DB}');
CREATE USER MAPPING FOR PUBLIC SERVER reporting OPTIONS (user '{MIG}', password 'known');
GRANT USAGE ON FOREIGN SERVER reporting TO PUBLIC;
