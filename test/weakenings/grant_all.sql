-- weakness: grant_all
-- says: GRANT ALL on a shared table: TRUNCATE, REFERENCES and TRIGGER ignore policies
-- prove: truncate references plant_code
-- attack: RLS11
GRANT ALL ON {APP}.reports TO {GROUP};
