-- weakness: grant_trigger
-- says: tenants may hang triggers on a shared table
-- prove: plant_code
-- attack: ESC25
GRANT TRIGGER ON {APP}.reports TO {GROUP};
