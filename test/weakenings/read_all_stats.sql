-- weakness: read_all_stats
-- says: tenants read each other's statements
-- prove: predefined_role
-- attack: META09
GRANT pg_read_all_stats TO {GROUP};
