-- Schema pgcontract, version 2: what pgcontract must remember, kept in the database so that it survives failover and is
-- backed up with it. {definer} is the definer role. Statements are separated by lines of "--;".
CREATE SCHEMA IF NOT EXISTS pgcontract AUTHORIZATION {definer}
--;
COMMENT ON SCHEMA pgcontract IS 'pgcontract schema version 2'
--;
CREATE TABLE IF NOT EXISTS pgcontract.tenant (
  id pg_catalog.uuid PRIMARY KEY,
  display_name pg_catalog.text NOT NULL,
  state pg_catalog.text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'deleted')),
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  changed_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
)
--;
COMMENT ON TABLE pgcontract.tenant IS 'Tenant registry: one row per tenant, kept when it is deleted'
--;
ALTER TABLE pgcontract.tenant
  ADD COLUMN IF NOT EXISTS deleted_at pg_catalog.timestamptz,
  ADD COLUMN IF NOT EXISTS inventory_sha256 pg_catalog.text
--;
COMMENT ON COLUMN pgcontract.tenant.inventory_sha256 IS 'Of a deleted tenant: hash over what it had, as evidence tells'
--;
CREATE TABLE IF NOT EXISTS pgcontract.job (
  id pg_catalog.uuid PRIMARY KEY,
  command pg_catalog.text NOT NULL,
  contract_sha256 pg_catalog.text NOT NULL,
  program_version pg_catalog.text NOT NULL,
  run_by pg_catalog.text NOT NULL DEFAULT session_user,
  state pg_catalog.text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
  started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at pg_catalog.timestamptz
)
--;
COMMENT ON TABLE pgcontract.job IS 'Job journal: one row per run that changes the cluster'
--;
CREATE TABLE IF NOT EXISTS pgcontract.job_step (
  job pg_catalog.uuid NOT NULL REFERENCES pgcontract.job ON DELETE CASCADE,
  number pg_catalog.int4 NOT NULL,
  clause pg_catalog.text NOT NULL,
  object pg_catalog.text NOT NULL,
  state pg_catalog.text NOT NULL DEFAULT 'planned'
    CHECK (state IN ('planned', 'running', 'done', 'unneeded', 'failed', 'not_run')),
  error pg_catalog.text,
  changed_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  PRIMARY KEY (job, number)
)
--;
COMMENT ON TABLE pgcontract.job_step IS
  'Steps of a job: planned before it begins; done in the same transaction as the change itself'
--;
CREATE TABLE IF NOT EXISTS pgcontract.evidence (
  id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  recorded_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  kind pg_catalog.text NOT NULL,
  subject pg_catalog.text NOT NULL,
  job pg_catalog.uuid,
  detail pg_catalog.jsonb NOT NULL DEFAULT '{}'
)
--;
CREATE INDEX IF NOT EXISTS evidence_subject ON pgcontract.evidence (subject, id)
--;
COMMENT ON TABLE pgcontract.evidence IS
  'Evidence ledger: what pgcontract did and proved, when; rows are added, never changed'
--;
CREATE TABLE IF NOT EXISTS pgcontract.heartbeat (
  source pg_catalog.text PRIMARY KEY,
  beat_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
)
--;
COMMENT ON TABLE pgcontract.heartbeat IS 'When each of pgcontract''s programs was last alive'
--;
ALTER TABLE pgcontract.tenant OWNER TO {definer}
--;
ALTER TABLE pgcontract.job OWNER TO {definer}
--;
ALTER TABLE pgcontract.job_step OWNER TO {definer}
--;
ALTER TABLE pgcontract.evidence OWNER TO {definer}
--;
ALTER TABLE pgcontract.heartbeat OWNER TO {definer}
