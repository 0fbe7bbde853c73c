#!/usr/bin/env bash
# A tenant schema full of traps: operators, functions, casts, types and tables named like PostgreSQL's own, each of which
# writes to a log when it is called. verify, plan, apply and onboarding must never call one.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A"
schema=tenant_$(hex "$TENANT_A")
cat >"$WORK/traps.sql" <<SQL
CREATE SCHEMA watch; CREATE TABLE watch.sprung (what text); GRANT USAGE ON SCHEMA watch TO PUBLIC;
GRANT INSERT ON watch.sprung TO PUBLIC;
SET search_path = $schema, pg_catalog;
CREATE FUNCTION trap(a text, b text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('operator on text'); RETURN true; END \$\$;
CREATE FUNCTION trap(a name, b name) RETURNS bool LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('operator on name'); RETURN true; END \$\$;
CREATE FUNCTION trap(a uuid, b uuid) RETURNS bool LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('operator on uuid'); RETURN true; END \$\$;
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = trap);
CREATE OPERATOR ~ (LEFTARG = text, RIGHTARG = text, FUNCTION = trap);
CREATE OPERATOR ~ (LEFTARG = name, RIGHTARG = name, FUNCTION = trap);
CREATE OPERATOR = (LEFTARG = name, RIGHTARG = name, FUNCTION = trap);
CREATE OPERATOR = (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = trap);
CREATE FUNCTION now() RETURNS timestamptz LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('now'); RETURN pg_catalog.now(); END \$\$;
CREATE FUNCTION current_setting(text, bool) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('current_setting'); RETURN 'x'; END \$\$;
CREATE FUNCTION format_type(oid, int) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('format_type'); RETURN 'x'; END \$\$;
CREATE FUNCTION pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('pg_get_expr'); RETURN 'x'; END \$\$;
CREATE FUNCTION to_text(uuid) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN INSERT INTO watch.sprung VALUES ('cast'); RETURN 'x'; END \$\$;
CREATE TYPE uuid AS ENUM ('trap'); CREATE TYPE timestamptz AS ENUM ('trap');
CREATE TABLE pg_class (oid oid, relname name); CREATE TABLE pg_roles (rolname name);
CREATE VIEW pg_namespace AS SELECT pg_catalog.now() AS nspname;
CREATE TABLE tenant (id pg_catalog.uuid);
CREATE TABLE research_bait (id int PRIMARY KEY);
ALTER TABLE research_bait ENABLE ROW LEVEL SECURITY;
CREATE POLICY bait ON research_bait USING (trap('a'::text, 'b'::text));
CREATE RULE bait AS ON INSERT TO tenant DO ALSO INSERT INTO watch.sprung VALUES ('rule');
ALTER DATABASE stratmaster SET search_path = $schema, pg_catalog;
ALTER ROLE postgres SET search_path = $schema, pg_catalog;
SQL
sql_file "$WORK/traps.sql" >/dev/null
clean() { equals "$1: no trap is sprung" "" "$(sql 'SELECT DISTINCT what FROM watch.sprung')"; }

runs 1 pgc verify
clean verify
ok "verify reads a hostile catalog without calling what tenants planted"
runs 1 pgc plan
clean plan
sql "ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY; DROP POLICY tenant_role_binding ON stratmaster_api.reports"
CODE=0
pgc apply >"$OUT" 2>"$ERR" </dev/null || CODE=$?
[ "$CODE" -le 1 ] || fail "apply ends with 0 or 1"
clean apply
equals "the binding is bound to PostgreSQL's own operator" "t" "$(sql "SELECT polqual::text ~ ':opno 2972 '
  FROM pg_policy WHERE polname = 'tenant_role_binding' AND polrelid = 'stratmaster_api.reports'::regclass")"
ok "apply mends policies with PostgreSQL's own operators and functions"
CODE=0
pgc tenant add "$TENANT_B" >"$OUT" 2>"$ERR" </dev/null || CODE=$?
[ "$CODE" -le 1 ] || fail "tenant add ends with 0 or 1"
clean "tenant add"
runs 0 pgc tenant list
runs 0 pgc status
clean "tenant list and status"
ok "onboarding beside a hostile tenant calls nothing of its own"

# checkout() runs with the caller's rights and path: operators, functions and types in front of PostgreSQL's own, and
# tables named like what it reads. A trap tells the server's log, since a refusal rolls everything else back.
cat >"$WORK/checkout_traps.sql" <<SQL
SET search_path = $schema, pg_catalog;
CREATE FUNCTION sprung(a text, b text) RETURNS bool LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN true; END \$\$;
CREATE FUNCTION sprung(a name, b name) RETURNS bool LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN false; END \$\$;
CREATE FUNCTION sprung(a name, b text) RETURNS bool LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN true; END \$\$;
CREATE FUNCTION sprung(a bool, b bool) RETURNS bool LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN true; END \$\$;
CREATE OPERATOR <> (LEFTARG = text, RIGHTARG = text, FUNCTION = sprung);
CREATE OPERATOR || (LEFTARG = text, RIGHTARG = text, FUNCTION = sprung);
CREATE OPERATOR <> (LEFTARG = name, RIGHTARG = name, FUNCTION = sprung);
CREATE OPERATOR !~ (LEFTARG = name, RIGHTARG = text, FUNCTION = sprung);
CREATE OPERATOR = (LEFTARG = bool, RIGHTARG = bool, FUNCTION = sprung);
CREATE FUNCTION replace(text, text, text) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN 'x'; END \$\$;
CREATE FUNCTION quote_ident(text) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN 'x'; END \$\$;
CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE plpgsql AS
  \$\$ BEGIN RAISE WARNING 'checkout trap'; RETURN '$schema, stratmaster_api'; END \$\$;
CREATE TYPE text AS ENUM ('trap');
CREATE VIEW pg_cursors AS SELECT false AS is_holdable;
CREATE VIEW pg_prepared_statements AS SELECT false AS from_sql;
ALTER ROLE app_tenant_$(hex "$TENANT_A") PASSWORD 'tenant-$TENANT_A';
SQL
sql_file "$WORK/checkout_traps.sql" >/dev/null
traps="SET search_path = $schema, pg_catalog;"
sprung() { grep -c "checkout trap" "$CLUSTER/server.log" || true; }
before=$(sprung)
runs 0 as_tenant "$TENANT_A" "$traps SELECT 'a'::name <> 'b'::name"
[ "$(sprung)" -gt "$before" ] || fail "the traps work: an unqualified operator springs one"
before=$(sprung)
runs 1 as_tenant "$TENANT_A" "$traps SELECT pgcontract.checkout()"
says "search_path of app_tenant_$(hex "$TENANT_A") is $schema, pg_catalog, wanted $schema, stratmaster_api"
equals "checkout with a hostile path is refused" "" "$(as_tenant "$TENANT_A" "$traps
  SET client_min_messages = error; SELECT pgcontract.checkout()" 2>/dev/null || true)"
equals "checkout among the traps is the tenant's" "$TENANT_A" "$(as_tenant "$TENANT_A" "SELECT pgcontract.checkout()")"
runs 1 as_tenant "$TENANT_A" "PREPARE x AS SELECT 1; SELECT pgcontract.checkout()"
says "still has a prepared statement of an earlier checkout"
equals "checkout springs no trap" "$before" "$(sprung)"
ok "checkout() calls nothing that a tenant planted, and is not deceived by views named like PostgreSQL's"

# Limits and the strict profile are read and mended in the same surroundings.
sql "ALTER ROLE app_tenant_$(hex "$TENANT_A") CONNECTION LIMIT -1"
sed -i 's/^  profile: standard.*/  profile: strict/' "$CONTRACT"
CODE=0
pgc apply >"$OUT" 2>"$ERR" </dev/null || CODE=$?
[ "$CODE" -le 4 ] || fail "apply of limits and profile strict ends well"
equals "the limit is back" 20 "$(sql "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app_tenant_$(hex "$TENANT_A")'")"
equals "set_config is taken from PUBLIC, and no function of a tenant's of that name is touched" f \
  "$(sql "SELECT has_function_privilege('public', 'pg_catalog.set_config(pg_catalog.text, pg_catalog.text, boolean)', 'EXECUTE')")"
clean "limits and profile strict"
equals "limits and profile strict spring no trap" "$before" "$(sprung)"
equals "checkout is the tenant's under profile strict" "$TENANT_A" \
  "$(as_tenant "$TENANT_A" "SELECT pgcontract.checkout()")"
ok "limits and profile strict beside a hostile tenant call nothing of its own"

# A version table whose column is of a type that comes with a cast of its own.
sql "CREATE TYPE $schema.version AS ENUM ('b9a4b82a4071')"
sql "CREATE FUNCTION $schema.cast_trap($schema.version) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  AS \$\$ BEGIN RAISE WARNING 'cast sprung'; RETURN 'b9a4b82a4071'; END \$\$"
sql "CREATE CAST ($schema.version AS text) WITH FUNCTION $schema.cast_trap($schema.version)"
sql "ALTER TABLE $schema.alembic_version ALTER version_num TYPE $schema.version USING 'b9a4b82a4071'"
runs 1 pgc verify --format json
equals "such a version table counts for nothing" broken "$(verdict migrations.tenants_in_step)"
CODE=0
pgc apply >"$OUT" 2>"$ERR" </dev/null || CODE=$?
[ "$CODE" -le 4 ] || fail "apply beside such a version table ends well"
! grep -q "cast sprung" "$CLUSTER/server.log" || fail "the cast is never called"
ok "a planted cast on a version table's column is never called"

# Names that a terminal would obey.
sql "CREATE TABLE $schema.\"research_$(printf '\033')[2Jx\" (id int)"
runs 1 pgc verify --verbose
! grep -q "$(printf '\033')" "$OUT" || fail "an escape sequence in a table's name reaches the terminal"
ok "a table's name cannot command the terminal"
done_testing
