-- weakness: grant_temporary
-- says: tenants may create temporary tables
-- prove: temporary
-- attack: DOS07
GRANT TEMPORARY ON DATABASE {DB} TO {GROUP};
