-- weakness: guard_owned_by_tenant
-- says: a tenant owns the function that the policies trust
-- prove: guard_changed
-- attack: ESC24
GRANT CREATE, USAGE ON SCHEMA pgcontract TO {A};
ALTER FUNCTION pgcontract.role_tenant() OWNER TO {A};
