-- weakness: guard_reads_the_setting
-- says: role_tenant() returns what the session claims
-- prove: guard_changed
-- attack: RLS02 RLS03 RLS05
CREATE OR REPLACE FUNCTION pgcontract.role_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
AS $$ SELECT NULLIF(pg_catalog.current_setting('app.tenant_id', true), '')::pg_catalog.uuid $$;
