-- weakness: signal_backend
-- says: tenants may end each other's sessions
-- prove: predefined_role
-- attack: DOS04
GRANT pg_signal_backend TO {GROUP};
