-- The schema that the mutations change: a bit of everything. {S} is its name, {R} its own role.
CREATE SCHEMA {S} AUTHORIZATION fp_owner;
GRANT USAGE ON SCHEMA {S} TO {R};
SET ROLE fp_owner;
CREATE TYPE {S}.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE {S}.pair AS (x integer, y text);
CREATE DOMAIN {S}.percent AS numeric(5, 2) DEFAULT 0 CONSTRAINT percent_range CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE TYPE {S}.spans AS RANGE (subtype = numeric);
CREATE SEQUENCE {S}.numbers START 10 INCREMENT 5 CACHE 3;
CREATE FUNCTION {S}.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE FUNCTION {S}.twice(x integer, y integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
  AS 'SELECT $1 * $2';
CREATE FUNCTION {S}.other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE PROCEDURE {S}.clean(days integer) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM {S}.reports; END $$;
CREATE AGGREGATE {S}.total (integer) (sfunc = int4pl, stype = integer, initcond = '0');
CREATE OPERATOR {S}.### (leftarg = integer, rightarg = integer, function = {S}.twice);
CREATE COLLATION {S}.plain (provider = libc, locale = 'C');
CREATE TEXT SEARCH CONFIGURATION {S}.notes (COPY = pg_catalog.simple);
CREATE TABLE {S}.projects (
  id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_projects PRIMARY KEY,
  name text NOT NULL, code varchar(20) NOT NULL CONSTRAINT uq_projects__code UNIQUE);
CREATE TABLE {S}.reports (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reports PRIMARY KEY,
  project_id uuid NOT NULL CONSTRAINT fk_reports__projects REFERENCES {S}.projects (id) ON DELETE CASCADE,
  title text NOT NULL DEFAULT 'untitled', state varchar(12) NOT NULL DEFAULT 'new',
  mood {S}.mood DEFAULT 'ok', share {S}.percent, number integer DEFAULT nextval('{S}.numbers'),
  price numeric(8, 2), tags text[] DEFAULT '{}', body text, doubled integer GENERATED ALWAYS AS (number * 2) STORED,
  tenant text DEFAULT '{R}', updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ck_reports__state CHECK (state IN ('new', 'done')), CONSTRAINT ck_reports__price CHECK (price > 0));
CREATE INDEX ix_reports__title ON {S}.reports (lower(title), id DESC NULLS LAST) WHERE state = 'new';
CREATE INDEX ix_reports__project ON {S}.reports (project_id) INCLUDE (title) WITH (fillfactor = 80);
CREATE UNIQUE INDEX ix_reports__number ON {S}.reports (number);
CREATE INDEX ix_reports__tags ON {S}.reports USING gin (tags);
CREATE STATISTICS {S}.st_reports (ndistinct, dependencies) ON project_id, state FROM {S}.reports;
CREATE TRIGGER touch BEFORE UPDATE ON {S}.reports FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title)
  EXECUTE FUNCTION {S}.touch();
CREATE RULE no_delete AS ON DELETE TO {S}.projects DO INSTEAD NOTHING;
ALTER TABLE {S}.reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE {S}.reports FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON {S}.reports AS PERMISSIVE FOR ALL TO {R} USING (tenant = current_user)
  WITH CHECK (tenant = current_user AND state = 'new');
CREATE VIEW {S}.open_reports WITH (security_barrier) AS
  SELECT r.id, r.title, lower(r.title) AS low FROM {S}.reports r WHERE r.state = 'new' ORDER BY r.id;
CREATE VIEW {S}.by_project AS SELECT p.name, count(*) AS reports FROM {S}.reports r JOIN {S}.projects p
  ON p.id = r.project_id WHERE EXISTS (SELECT 1 FROM {S}.projects q WHERE q.id = r.project_id) GROUP BY p.name;
CREATE MATERIALIZED VIEW {S}.counts AS SELECT state, count(*) AS n FROM {S}.reports GROUP BY state;
CREATE TABLE {S}.events (id bigint, at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE {S}.events_2026 PARTITION OF {S}.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE {S}.events_rest PARTITION OF {S}.events DEFAULT;
CREATE INDEX ix_events__kind ON {S}.events (kind);
CREATE TABLE {S}.parent (a integer, b text);
CREATE TABLE {S}.child (c integer) INHERITS ({S}.parent);
CREATE TABLE {S}.bookings (room integer, span int4range,
  CONSTRAINT ex_bookings EXCLUDE USING gist (span WITH &&) DEFERRABLE);
GRANT SELECT, INSERT ON {S}.reports TO {R};
GRANT SELECT (name), UPDATE (name) ON {S}.projects TO {R};
GRANT USAGE ON SEQUENCE {S}.numbers TO {R};
REVOKE EXECUTE ON FUNCTION {S}.twice(integer, integer) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA {S} GRANT SELECT ON TABLES TO {R};
COMMENT ON TABLE {S}.reports IS 'what was found';
COMMENT ON COLUMN {S}.reports.title IS 'as shown';
RESET ROLE;
