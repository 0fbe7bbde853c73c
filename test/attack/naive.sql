-- The contract read literally: what the attacks must succeed against, or they prove nothing by being refused elsewhere.

GRANT ALL ON DATABASE {DB} TO migrator;
CREATE SCHEMA stratmaster_api AUTHORIZATION migrator;
-- Terraform postgresql_schema { owner = app_tenant_x } is the common form
CREATE SCHEMA {SA} AUTHORIZATION {A};
CREATE SCHEMA {SB} AUTHORIZATION {B};
CREATE EXTENSION pg_stat_statements; CREATE EXTENSION dblink; CREATE EXTENSION tablefunc;
SET ROLE migrator;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app_tenants;      -- "so reports work everywhere"
CREATE TABLE stratmaster_api.tenant_map(role name primary key, tenant_id uuid not null);
INSERT INTO stratmaster_api.tenant_map VALUES ('{A}','aaaaaaaa-0000-4000-8000-000000000001')
  ,('{B}','bbbbbbbb-0000-4000-8000-000000000002');
CREATE TABLE stratmaster_api.reports(id bigserial primary key, tenant_id uuid not null, slug text unique, body text);
INSERT INTO stratmaster_api.reports(tenant_id,slug,body) VALUES
 ('aaaaaaaa-0000-4000-8000-000000000001','a-one','A-REPORT')
  ,('aaaaaaaa-0000-4000-8000-000000000001','a-two','A-REPORT2'),
 ('bbbbbbbb-0000-4000-8000-000000000002','b-merger','B-REPORT-91c2')
  ,('bbbbbbbb-0000-4000-8000-000000000002','b-two','B-REPORT-91c3');
ALTER TABLE stratmaster_api.reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_row_level_policy ON stratmaster_api.reports
  USING (tenant_id = current_setting('app.tenant_id')::uuid);
CREATE TABLE stratmaster_api.report_comments(id bigserial primary key, tenant_id uuid not null,
  report_id bigint references stratmaster_api.reports(id), body text);
ALTER TABLE stratmaster_api.report_comments ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON stratmaster_api.report_comments USING (tenant_id = current_setting('app.tenant_id')::uuid);
CREATE TABLE stratmaster_api.research_events(tenant_id uuid not null, at timestamptz not null default now(),
  body text) PARTITION BY RANGE (at);
CREATE TABLE stratmaster_api.research_events_p0 PARTITION OF stratmaster_api.research_events DEFAULT;
ALTER TABLE stratmaster_api.research_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON stratmaster_api.research_events USING (tenant_id = current_setting('app.tenant_id')::uuid);
INSERT INTO stratmaster_api.research_events(tenant_id,body)
  VALUES ('bbbbbbbb-0000-4000-8000-000000000002','B-EVENT-55aa'),('aaaaaaaa-0000-4000-8000-000000000001','A-EVENT');
-- RLS forgotten in a later migration
CREATE TABLE stratmaster_api.agents_tasks(id bigserial primary key, tenant_id uuid not null, payload text);
INSERT INTO stratmaster_api.agents_tasks(tenant_id,payload)
  VALUES ('bbbbbbbb-0000-4000-8000-000000000002','B-TASK-0d0d');
CREATE VIEW stratmaster_api.v_reports AS SELECT * FROM stratmaster_api.reports;
CREATE MATERIALIZED VIEW stratmaster_api.mv_reports AS SELECT * FROM stratmaster_api.reports;
CREATE VIEW stratmaster_api.a_reports AS SELECT * FROM stratmaster_api.reports
  WHERE tenant_id='aaaaaaaa-0000-4000-8000-000000000001';
GRANT USAGE ON SCHEMA stratmaster_api TO app_tenants, PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA stratmaster_api TO app_tenants;
GRANT ALL ON ALL SEQUENCES IN SCHEMA stratmaster_api TO app_tenants;
REVOKE ALL ON stratmaster_api.tenant_map FROM app_tenants;
-- the contract's "SECURITY DEFINER function", naive forms
CREATE FUNCTION stratmaster_api.set_tenant(t text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM set_config('app.tenant_id', t, false);
  EXECUTE 'SET search_path TO tenant_' || replace(t,'-','') || ', stratmaster_api';
END $$;
CREATE FUNCTION stratmaster_api.assert_tenant() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = stratmaster_api AS $$
DECLARE r uuid; BEGIN
  SELECT tenant_id INTO r FROM tenant_map WHERE role = current_setting('role')::name;   -- pg_temp not last
  RETURN r;
END $$;
CREATE FUNCTION stratmaster_api.get_report(p_slug text) RETURNS SETOF stratmaster_api.reports LANGUAGE plpgsql STABLE
  SECURITY DEFINER AS $$
BEGIN  -- no search_path; owner of reports => RLS bypassed, filter re-done by hand
  RETURN QUERY SELECT * FROM stratmaster_api.reports r WHERE r.slug = p_slug
  AND r.tenant_id = current_setting('app.tenant_id')::uuid;
END $$;
CREATE FUNCTION stratmaster_api.connection_dsn() RETURNS text LANGUAGE sql
  AS $$ SELECT 'postgres://svc:FN-BODY-SECRET-1@db/'::text $$;
REVOKE EXECUTE ON FUNCTION stratmaster_api.connection_dsn() FROM PUBLIC;
CREATE TABLE {SA}.agents_notes(id serial primary key, body text);
CREATE TABLE {SB}.agents_secrets(id serial primary key, body text);
INSERT INTO {SB}.agents_secrets(body) SELECT 'B-SECRET-7f3a' FROM generate_series(1,50);
INSERT INTO {SA}.agents_notes(body) VALUES ('a-note');
ANALYZE {SB}.agents_secrets;
GRANT ALL ON {SA}.agents_notes TO {A}; GRANT ALL ON {SB}.agents_secrets TO {B};
GRANT ALL ON ALL SEQUENCES IN SCHEMA {SA} TO {A}; GRANT ALL ON ALL SEQUENCES IN SCHEMA {SB} TO {B};
CREATE PUBLICATION reporting FOR TABLE stratmaster_api.reports;
RESET ROLE;
