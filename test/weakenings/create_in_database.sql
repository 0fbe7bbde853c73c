-- weakness: create_in_database
-- says: tenants may create schemas, and install trusted extensions
-- prove: create_schema
-- attack: ESC15 ESC14
GRANT CREATE ON DATABASE {DB} TO {GROUP};
