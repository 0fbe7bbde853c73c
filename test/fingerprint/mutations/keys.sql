-- Single changes to fixture.sql. Each must be seen, and named by this object and attribute. {S} is the schema, {R} its
-- own role; fp_* are made by the test. Run as a superuser, rolled back afterwards.

-- mutation: the replica identity is another index
-- object: index uq_projects__code
-- attribute: replica identity
ALTER TABLE {S}.projects REPLICA IDENTITY USING INDEX uq_projects__code;

-- mutation: an index is in another tablespace
-- from: 15
-- object: index ix_reports__tags
-- attribute: tablespace
ALTER INDEX {S}.ix_reports__tags SET TABLESPACE fp_space;

-- mutation: a check is missing
-- object: constraint reports.ck_reports__price
ALTER TABLE {S}.reports DROP CONSTRAINT ck_reports__price;

-- mutation: a check says otherwise
-- object: constraint reports.ck_reports__price
-- attribute: expression
ALTER TABLE {S}.reports DROP CONSTRAINT ck_reports__price, ADD CONSTRAINT ck_reports__price CHECK (price >= 0);

-- mutation: a check is not validated
-- object: constraint reports.ck_reports__price
-- attribute: not validated
ALTER TABLE {S}.reports DROP CONSTRAINT ck_reports__price, ADD CONSTRAINT ck_reports__price CHECK (price > 0) NOT
  VALID;

-- mutation: a check is not inherited
-- object: constraint reports.ck_reports__price
-- attribute: no inherit
ALTER TABLE {S}.reports DROP CONSTRAINT ck_reports__price, ADD CONSTRAINT ck_reports__price CHECK (price > 0) NO
  INHERIT;

-- mutation: a constraint is renamed
-- object: constraint reports.ck_reports__price
ALTER TABLE {S}.reports RENAME CONSTRAINT ck_reports__price TO ck_price;

-- mutation: a foreign key deletes nothing
-- object: constraint reports.fk_reports__projects
-- attribute: on delete
ALTER TABLE {S}.reports DROP CONSTRAINT fk_reports__projects, ADD CONSTRAINT fk_reports__projects FOREIGN KEY
  (project_id) REFERENCES {S}.projects;

-- mutation: a foreign key is deferrable
-- object: constraint reports.fk_reports__projects
-- attribute: deferrable
ALTER TABLE {S}.reports ALTER CONSTRAINT fk_reports__projects DEFERRABLE;

-- mutation: a foreign key is not validated
-- object: constraint reports.fk_reports__projects
-- attribute: not validated
ALTER TABLE {S}.reports DROP CONSTRAINT fk_reports__projects, ADD CONSTRAINT fk_reports__projects FOREIGN KEY
  (project_id) REFERENCES {S}.projects ON DELETE CASCADE NOT VALID;

-- mutation: a foreign key leads into another schema
-- object: constraint reports.fk_reports__projects
-- attribute: references
CREATE TABLE fp_shared.projects (id uuid PRIMARY KEY);
ALTER TABLE {S}.reports DROP CONSTRAINT fk_reports__projects, ADD CONSTRAINT fk_reports__projects FOREIGN KEY
  (project_id) REFERENCES fp_shared.projects ON DELETE CASCADE;

-- mutation: a foreign key's triggers are disabled
-- object: constraint trigger
-- attribute: enabled
ALTER TABLE {S}.projects DISABLE TRIGGER ALL;

-- mutation: a foreign key is not enforced
-- from: 18
-- object: constraint reports.fk_reports__projects
-- attribute: not enforced
ALTER TABLE {S}.reports ALTER CONSTRAINT fk_reports__projects NOT ENFORCED;

-- mutation: an exclusion excludes otherwise
-- object: constraint bookings.ex_bookings
-- attribute: definition
ALTER TABLE {S}.bookings DROP CONSTRAINT ex_bookings, ADD CONSTRAINT ex_bookings EXCLUDE USING gist (span WITH -|-)
  DEFERRABLE;

-- mutation: an index is missing
-- object: index ix_reports__tags
DROP INDEX {S}.ix_reports__tags;

-- mutation: an index has another predicate
-- object: index ix_reports__title
-- attribute: predicate
DROP INDEX {S}.ix_reports__title;
CREATE INDEX ix_reports__title ON {S}.reports (lower(title), id DESC NULLS LAST) WHERE state = 'done';

-- mutation: an index has another expression
-- object: index ix_reports__title
-- attribute: expressions
DROP INDEX {S}.ix_reports__title;
CREATE INDEX ix_reports__title ON {S}.reports (upper(title), id DESC NULLS LAST) WHERE state = 'new';

-- mutation: an index runs the other way
-- object: index ix_reports__title
-- attribute: orders
DROP INDEX {S}.ix_reports__title;
CREATE INDEX ix_reports__title ON {S}.reports (lower(title), id) WHERE state = 'new';

-- mutation: an index includes nothing
-- object: index ix_reports__project
-- attribute: columns
DROP INDEX {S}.ix_reports__project;
CREATE INDEX ix_reports__project ON {S}.reports (project_id) WITH (fillfactor = 80);

-- mutation: an included column became a key
-- object: index ix_reports__project
-- attribute: key columns
DROP INDEX {S}.ix_reports__project;
CREATE INDEX ix_reports__project ON {S}.reports (project_id, title) WITH (fillfactor = 80);

-- mutation: an index is of another method
-- object: index ix_reports__number
-- attribute: method
DROP INDEX {S}.ix_reports__number;
CREATE INDEX ix_reports__number ON {S}.reports USING hash (number);

-- mutation: an index has another operator class
-- object: index ix_reports__title
-- attribute: operator classes
DROP INDEX {S}.ix_reports__title;
CREATE INDEX ix_reports__title ON {S}.reports (lower(title) text_pattern_ops, id DESC NULLS LAST) WHERE state = 'new';

-- mutation: an index has another collation
-- object: index ix_reports__title
-- attribute: collations
DROP INDEX {S}.ix_reports__title;
CREATE INDEX ix_reports__title ON {S}.reports (lower(title) COLLATE "C", id DESC NULLS LAST) WHERE state = 'new';

-- mutation: an index is not unique
-- object: index ix_reports__number
-- attribute: unique
DROP INDEX {S}.ix_reports__number;
CREATE INDEX ix_reports__number ON {S}.reports (number);

-- mutation: an index lets nulls be equal
-- from: 15
-- object: index ix_reports__number
-- attribute: nulls not distinct
DROP INDEX {S}.ix_reports__number;
CREATE UNIQUE INDEX ix_reports__number ON {S}.reports (number) NULLS NOT DISTINCT;

-- mutation: an index has another fill factor
-- object: index ix_reports__project
-- attribute: options
ALTER INDEX {S}.ix_reports__project SET (fillfactor = 90);

-- mutation: a table is clustered on an index
-- object: index ix_reports__number
-- attribute: clustered
ALTER TABLE {S}.reports CLUSTER ON ix_reports__number;

-- mutation: an index was left invalid
-- object: index ix_reports__number
-- attribute: invalid
UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = '{S}.ix_reports__number'::regclass;

-- mutation: an index was left not ready
-- object: index ix_reports__number
-- attribute: not ready
UPDATE pg_catalog.pg_index SET indisready = false WHERE indexrelid = '{S}.ix_reports__number'::regclass;

-- mutation: an index is being dropped
-- object: index ix_reports__number
-- attribute: not live
UPDATE pg_catalog.pg_index SET indislive = false WHERE indexrelid = '{S}.ix_reports__number'::regclass;

-- mutation: an expression of an index has a statistics target
-- object: index column ix_reports__title.lower
-- attribute: statistics target
ALTER INDEX {S}.ix_reports__title ALTER COLUMN 1 SET STATISTICS 700;

-- mutation: NOT NULL is not validated
-- from: 18
-- object: not null constraint reports.body
-- attribute: not validated
ALTER TABLE {S}.reports ADD CONSTRAINT reports_body_not_null NOT NULL body NOT VALID;

-- mutation: NOT NULL has another name
-- from: 18
-- object: not null constraint reports.title
-- attribute: name
ALTER TABLE {S}.reports RENAME CONSTRAINT reports_title_not_null TO has_title;

-- mutation: a foreign key deletes one column
-- from: 15
-- object: constraint reports.fk_self
ALTER TABLE {S}.reports ADD CONSTRAINT fk_self FOREIGN KEY (number) REFERENCES {S}.reports (number) ON DELETE SET NULL
  (number);

-- mutation: an index is an operator class's with options
-- object: index column ix_trg.title
-- attribute: options
CREATE EXTENSION pg_trgm SCHEMA fp_shared;
CREATE INDEX ix_trg ON {S}.reports USING gist (title fp_shared.gist_trgm_ops (siglen = 32));
