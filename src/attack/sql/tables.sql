BEGIN;
SET LOCAL ROLE {OWN};
SET LOCAL search_path = pg_catalog, pg_temp;
CREATE TABLE {APP}.reports (
  id uuid DEFAULT gen_random_uuid(),
  {COL} uuid NOT NULL DEFAULT pgcontract.role_tenant(),
  slug text, body text,
  PRIMARY KEY ({COL}, id), UNIQUE ({COL}, slug));
CREATE TABLE {APP}.report_comments (
  id uuid DEFAULT gen_random_uuid(),
  {COL} uuid NOT NULL DEFAULT pgcontract.role_tenant(),
  report_id uuid, body text,
  PRIMARY KEY ({COL}, id), FOREIGN KEY ({COL}, report_id) REFERENCES {APP}.reports ({COL}, id));
CREATE TABLE {APP}.research_events (
  {COL} uuid NOT NULL DEFAULT pgcontract.role_tenant(),
  at timestamptz NOT NULL DEFAULT now(), body text) PARTITION BY RANGE (at);
CREATE TABLE {APP}.research_events_p0 PARTITION OF {APP}.research_events DEFAULT;
CREATE TABLE {APP}.agents_tasks (
  id uuid DEFAULT gen_random_uuid(),
  {COL} uuid NOT NULL DEFAULT pgcontract.role_tenant(),
  payload text,
  PRIMARY KEY ({COL}, id));
CREATE VIEW {APP}.v_reports AS SELECT * FROM {APP}.reports;
GRANT SELECT ON {APP}.v_reports TO {GROUP};
CREATE TABLE {SA}.agents_notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
CREATE TABLE {SB}.agents_secrets (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
COMMIT;
