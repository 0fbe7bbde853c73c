-- weakness: definer_injection
-- says: a SECURITY DEFINER function executes a string made of its argument
-- prove: definer_dynamic definer_unpinned
-- attack: ESC09
CREATE FUNCTION {APP}.set_tenant(t text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE 'SET search_path TO tenant_' || replace(t, '-', '') || ', {APP}';
END $$;
GRANT EXECUTE ON FUNCTION {APP}.set_tenant(text) TO {GROUP};
