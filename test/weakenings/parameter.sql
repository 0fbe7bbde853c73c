-- weakness: parameter
-- says: tenants may set session_replication_role, which switches foreign keys and triggers off
-- prove: parameter
-- attack: ESC23
-- from: 15
GRANT SET ON PARAMETER session_replication_role TO {GROUP};
