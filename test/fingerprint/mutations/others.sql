-- Single changes to fixture.sql. Each must be seen, and named by this object and attribute. {S} is the schema, {R} its
-- own role; fp_* are made by the test. Run as a superuser, rolled back afterwards.

-- mutation: a trigger is disabled
-- object: trigger reports.touch
-- attribute: enabled
ALTER TABLE {S}.reports DISABLE TRIGGER touch;

-- mutation: a trigger fires on replicas too
-- object: trigger reports.touch
-- attribute: enabled
ALTER TABLE {S}.reports ENABLE ALWAYS TRIGGER touch;

-- mutation: a trigger calls another function
-- object: trigger reports.touch
-- attribute: definition
DROP TRIGGER touch ON {S}.reports;
CREATE TRIGGER touch BEFORE UPDATE ON {S}.reports FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE
  FUNCTION {S}.other();

-- mutation: a trigger is missing
-- object: trigger reports.touch
DROP TRIGGER touch ON {S}.reports;

-- mutation: a rule is disabled
-- object: rule projects.no_delete
-- attribute: enabled
ALTER TABLE {S}.projects DISABLE RULE no_delete;

-- mutation: a rule says otherwise
-- object: rule projects.no_delete
-- attribute: definition
CREATE OR REPLACE RULE no_delete AS ON DELETE TO {S}.projects WHERE OLD.name <> 'x' DO INSTEAD NOTHING;

-- mutation: a policy lets more through
-- object: policy reports.own
-- attribute: using
ALTER POLICY own ON {S}.reports USING (true);

-- mutation: a policy checks less
-- object: policy reports.own
-- attribute: with check
ALTER POLICY own ON {S}.reports WITH CHECK (tenant = current_user);

-- mutation: a policy is for everybody
-- object: policy reports.own
-- attribute: roles
ALTER POLICY own ON {S}.reports TO PUBLIC;

-- mutation: a policy is for one command
-- object: policy reports.own
-- attribute: command
DROP POLICY own ON {S}.reports;
CREATE POLICY own ON {S}.reports FOR UPDATE TO {R} USING (tenant = current_user) WITH CHECK (tenant = current_user AND
  state = 'new');

-- mutation: a policy is restrictive
-- object: policy reports.own
-- attribute: permissive
DROP POLICY own ON {S}.reports;
CREATE POLICY own ON {S}.reports AS RESTRICTIVE FOR ALL TO {R} USING (tenant = current_user) WITH CHECK (tenant =
  current_user AND state = 'new');

-- mutation: a second policy
-- object: policy reports.too
CREATE POLICY too ON {S}.reports USING (true);

-- mutation: a view says otherwise
-- object: view definition open_reports
-- attribute: definition
CREATE OR REPLACE VIEW {S}.open_reports WITH (security_barrier) AS SELECT r.id, r.title, lower(r.title) AS low FROM
  {S}.reports r WHERE r.state <> 'done' ORDER BY r.id;

-- mutation: a view is no barrier
-- object: view open_reports
-- attribute: options
ALTER VIEW {S}.open_reports RESET (security_barrier);

-- mutation: a view runs as its caller
-- from: 15
-- object: view by_project
-- attribute: options
ALTER VIEW {S}.by_project SET (security_invoker = true);

-- mutation: a view has a check option
-- object: view open_reports
-- attribute: options
ALTER VIEW {S}.open_reports SET (check_option = local);

-- mutation: a materialized view is empty
-- object: materialized view counts
-- attribute: not populated
REFRESH MATERIALIZED VIEW {S}.counts WITH NO DATA;

-- mutation: a sequence steps otherwise
-- object: sequence values numbers
-- attribute: increment
ALTER SEQUENCE {S}.numbers INCREMENT 1;

-- mutation: a sequence caches more
-- object: sequence values numbers
-- attribute: cache
ALTER SEQUENCE {S}.numbers CACHE 50;

-- mutation: a sequence starts over
-- object: sequence values numbers
-- attribute: cycle
ALTER SEQUENCE {S}.numbers CYCLE;

-- mutation: a sequence is of another type
-- object: sequence values numbers
-- attribute: type
ALTER SEQUENCE {S}.numbers AS integer;

-- mutation: a sequence is a column's
-- object: sequence values numbers
-- attribute: owned by
ALTER SEQUENCE {S}.numbers OWNED BY {S}.reports.number;

-- mutation: a sequence may be used by everybody
-- object: sequence numbers
-- attribute: privileges
GRANT USAGE ON SEQUENCE {S}.numbers TO PUBLIC;

-- mutation: a function does otherwise
-- object: function twice(x integer, y integer)
-- attribute: body
CREATE OR REPLACE FUNCTION {S}.twice(x integer, y integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS
  'SELECT $1 + $2';

-- mutation: a function has another default
-- object: function twice(x integer, y integer)
-- attribute: arguments
CREATE OR REPLACE FUNCTION {S}.twice(x integer, y integer DEFAULT 3) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS
  'SELECT $1 * $2';

-- mutation: a function runs as its owner
-- object: function twice(x integer, y integer)
-- attribute: security definer
ALTER FUNCTION {S}.twice(integer, integer) SECURITY DEFINER;

-- mutation: a function is volatile
-- object: function twice(x integer, y integer)
-- attribute: volatility
ALTER FUNCTION {S}.twice(integer, integer) VOLATILE;

-- mutation: a function takes nulls
-- object: function twice(x integer, y integer)
-- attribute: strict
ALTER FUNCTION {S}.twice(integer, integer) CALLED ON NULL INPUT;

-- mutation: a function is parallel safe
-- object: function twice(x integer, y integer)
-- attribute: parallel
ALTER FUNCTION {S}.twice(integer, integer) PARALLEL SAFE;

-- mutation: a function is leakproof
-- object: function twice(x integer, y integer)
-- attribute: leakproof
ALTER FUNCTION {S}.twice(integer, integer) LEAKPROOF;

-- mutation: a function costs more
-- object: function twice(x integer, y integer)
-- attribute: cost
ALTER FUNCTION {S}.twice(integer, integer) COST 999;

-- mutation: a function lost its pinned path
-- object: function touch()
-- attribute: settings
ALTER FUNCTION {S}.touch() RESET search_path;

-- mutation: a function may be called by everybody
-- object: function twice(x integer, y integer)
-- attribute: privileges
GRANT EXECUTE ON FUNCTION {S}.twice(integer, integer) TO PUBLIC;

-- mutation: a function is overloaded
-- object: function twice(x text)
CREATE FUNCTION {S}.twice(x text) RETURNS text LANGUAGE sql AS 'SELECT $1';

-- mutation: a procedure does otherwise
-- object: procedure clean(IN days integer)
-- attribute: body
CREATE OR REPLACE PROCEDURE {S}.clean(days integer) LANGUAGE plpgsql AS $$ BEGIN END $$;

-- mutation: an aggregate begins otherwise
-- object: aggregate total(integer)
-- attribute: aggregate
DROP AGGREGATE {S}.total (integer);
SET ROLE fp_owner;
CREATE AGGREGATE {S}.total (integer) (sfunc = int4pl, stype = integer, initcond = '1');

-- mutation: an enum has one more label
-- object: type mood
-- attribute: labels
ALTER TYPE {S}.mood ADD VALUE 'great';

-- mutation: an enum's labels stand otherwise
-- object: type mood
-- attribute: labels
ALTER TYPE {S}.mood RENAME VALUE 'ok' TO 'fine';

-- mutation: a domain checks otherwise
-- object: constraint percent.percent_range
-- attribute: definition
ALTER DOMAIN {S}.percent DROP CONSTRAINT percent_range;
ALTER DOMAIN {S}.percent ADD CONSTRAINT percent_range CHECK (VALUE >= 0);

-- mutation: a domain refuses nulls
-- object: type percent
-- attribute: not null
ALTER DOMAIN {S}.percent SET NOT NULL;

-- mutation: a domain has another default
-- object: type percent
-- attribute: default
ALTER DOMAIN {S}.percent SET DEFAULT 50;

-- mutation: a type may not be used
-- object: type mood
-- attribute: privileges
REVOKE USAGE ON TYPE {S}.mood FROM PUBLIC;

-- mutation: a table's row type was granted
-- object: type projects
GRANT USAGE ON TYPE {S}.projects TO fp_other;

-- mutation: an operator is missing
-- object: operator
DROP OPERATOR {S}.### (integer, integer);

-- mutation: a text search configuration maps otherwise
-- object: text search configuration notes
-- attribute: definition
ALTER TEXT SEARCH CONFIGURATION {S}.notes DROP MAPPING FOR word;

-- mutation: a collation is missing
-- object: collation plain
DROP COLLATION {S}.plain;

-- mutation: statistics are of other kinds
-- object: statistics st_reports
-- attribute: kinds
DROP STATISTICS {S}.st_reports;
SET ROLE fp_owner;
CREATE STATISTICS {S}.st_reports (ndistinct) ON project_id, state FROM {S}.reports;

-- mutation: statistics have a target
-- object: statistics st_reports
-- attribute: target
ALTER STATISTICS {S}.st_reports SET STATISTICS 77;

-- mutation: a function's body names another tenant's schema
-- object: procedure clean(IN days integer)
-- attribute: body
CREATE OR REPLACE PROCEDURE {S}.clean(days integer) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM fp_a.reports;
END $$;

-- mutation: a cast of a type
-- object: cast
CREATE FUNCTION fp_shared.as_number({S}.mood) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE CAST ({S}.mood AS integer) WITH FUNCTION fp_shared.as_number({S}.mood) AS ASSIGNMENT;
