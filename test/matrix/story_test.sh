#!/usr/bin/env bash
# The whole story on the server whose programs are in PGCONTRACT_POSTGRES_BIN: up, apply, tenants, verify, a second
# apply that changes nothing, damage and mending, two tenants' sessions. What differs from version to version is named here.
#   PGCONTRACT_POSTGRES_BIN=… test/matrix/story_test.sh PROGRAM MAJOR
PROGRAM=$1 MAJOR=$2
source "$(dirname "$0")/../scenario/lib.sh"

# 14 got its last fixes on 2026-11-12: the one finding that nothing but a newer server mends.
HOLDS=0 STANDING=""
[ "$MAJOR" -ge 15 ] || HOLDS=1 STANDING=server.version

broken() { json '" ".join(c["clause"] for c in r["verdicts"]["clauses"] if c["verdict"] == "broken")'; }
# holds WHAT: nothing is broken but what stands broken on this version, and nothing judged before became unknown.
holds() {
  runs "$HOLDS" pgc verify --format json
  equals "$1" "$STANDING" "$(broken)"
  equals "$1: as many clauses are judged as at first" "$JUDGED" "$(judged)"
}
judged() { json 'sum(c["verdict"] != "unknown" for c in r["verdicts"]["clauses"])'; }

up
says "PostgreSQL $MAJOR"
equals "the server is of this version" "$MAJOR" "$(($(sql "SHOW server_version_num") / 10000))"
runs 1 pgc verify --format json
says tenancy.design_roles schema.application
JUDGED=$(judged)
[ "$JUDGED" -ge 30 ] || fail "a bare cluster is judged by every clause"
if [ "$MAJOR" -lt 15 ]; then
  runs 1 pgc verify --clause tenancy.no_create_no_temp
  says "schema public.public: PUBLIC holds CREATE" # the default until 15
fi
ok "a bare cluster of PostgreSQL $MAJOR is read whole"

runs "$HOLDS" pgc apply
says "0 failed"
for tenant in "$TENANT_A" "$TENANT_B" "$TENANT_C"; do runs 0 pgc tenant add "$tenant"; done
holds "apply and tenant add bring the cluster to the contract"
equals "PUBLIC creates nothing in schema public" f \
  "$(sql "SELECT pg_catalog.has_schema_privilege('public', 'public', 'CREATE')")"
ok "apply brings the cluster to the contract"

runs "$HOLDS" pgc apply
says "nothing to change"
ok "a second apply changes nothing"

role_a=app_tenant_$(hex "$TENANT_A") schema_b=tenant_$(hex "$TENANT_B")
# mended WHAT CLAUSE STATEMENT: the damage breaks the clause, and one apply mends it.
mended() {
  runs 0 sql "$3"
  runs 1 pgc verify --format json
  equals "$1 breaks $2" broken "$(verdict "$2")"
  runs "$HOLDS" pgc apply
  says "0 failed"
  holds "after $1 and apply"
  ok "$1 is found by $2 and mended"
}
mended "a dropped policy" tenancy.rls_bound_to_role "DROP POLICY tenant_role_binding ON stratmaster_api.reports"
mended "a table without row security" tenancy.rls_enabled \
  "ALTER TABLE stratmaster_api.reports DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
mended "a grant across tenants" tenancy.grants \
  "GRANT USAGE ON SCHEMA $schema_b TO $role_a; GRANT SELECT ON ALL TABLES IN SCHEMA $schema_b TO $role_a"
mended "CREATE and TEMPORARY for everybody" tenancy.no_create_no_temp \
  "GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT TEMPORARY ON DATABASE stratmaster TO PUBLIC"
mended "a foreign owner" schema.owner "ALTER TABLE stratmaster_api.reports OWNER TO postgres"
mended "a tenant role in the owner's" tenancy.role_per_tenant "GRANT pgc_owner TO $role_a"
mended "changed role settings" tenancy.role_per_tenant \
  "ALTER ROLE $role_a IN DATABASE stratmaster SET app.tenant_id = '$TENANT_B'"
mended "a guard without its pinned path" tenancy.guard_function \
  "ALTER FUNCTION pgcontract.assert_boundary() RESET search_path"
mended "a dropped tenant schema" tenancy.schema_per_tenant "DROP SCHEMA $schema_b CASCADE"
if [ "$MAJOR" -ge 16 ]; then # memberships have options of their own, one row a grantor
  mended "a group that a tenant may become" tenancy.role_per_tenant "GRANT pgc_tenant TO $role_a WITH SET TRUE"
  mended "a membership that somebody else granted" tenancy.role_per_tenant \
    "CREATE ROLE dba; GRANT app_tenant_$(hex "$TENANT_B") TO dba WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;
     SET ROLE dba; GRANT app_tenant_$(hex "$TENANT_B") TO $role_a"
  mended "a membership that inherits nothing" tenancy.role_per_tenant "GRANT pgc_tenant TO $role_a WITH INHERIT FALSE"
  mended "a migrator that inherits" tenancy.design_roles "GRANT pgc_owner TO pgc_migrator WITH INHERIT TRUE"
fi
if [ "$MAJOR" -ge 17 ]; then
  mended "MAINTAIN for tenants" tenancy.grants "GRANT MAINTAIN ON stratmaster_api.reports TO pgc_tenant"
fi
if [ "$MAJOR" -ge 18 ]; then # NOT NULL is a constraint with a name; generated columns may be virtual
  sql "SET ROLE pgc_owner; SET search_path = stratmaster_api;
       ALTER TABLE reports ADD COLUMN title_length int GENERATED ALWAYS AS (pg_catalog.length(title)) VIRTUAL;
       ALTER TABLE reports RENAME CONSTRAINT reports_summary_not_null TO has_summary"
  holds "a virtual column and a named NOT NULL"
  ok "what is new in 18 breaks nothing"
fi

for tenant in "$TENANT_A" "$TENANT_B"; do
  sql "ALTER ROLE app_tenant_$(hex "$tenant") PASSWORD 'tenant-$tenant'"
  sql "INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$tenant', 'secret of $tenant')"
done
# refused STATEMENT WORDS: tenant A's session may not, and is told why.
refused() {
  runs 1 as_tenant "$TENANT_A" "$1"
  says "$2"
}
equals "a tenant sees its own reports and no others" "secret of $TENANT_A" \
  "$(as_tenant "$TENANT_A" "SELECT title FROM stratmaster_api.reports")"
equals "checkout's SET ROLE and the boundary hold" "$TENANT_A" \
  "$(as_tenant "$TENANT_A" "SET ROLE $role_a; SELECT pgcontract.assert_boundary()")"
equals "a spoofed app.tenant_id shows nothing" "" \
  "$(as_tenant "$TENANT_A" "SET app.tenant_id = '$TENANT_B'; SELECT title FROM stratmaster_api.reports")"
refused "SET app.tenant_id = '$TENANT_B';
         INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$TENANT_B', 'x')" "row-level security"
refused "SET app.tenant_id = '$TENANT_B'; SELECT pgcontract.assert_boundary()" "does not name the tenant"
refused "SELECT * FROM $schema_b.research_projects" "permission denied for schema"
refused "SET ROLE pgc_owner" "permission denied to set role"
refused "SET ROLE pgc_tenant; SELECT pgcontract.assert_boundary()" "pgc_tenant"
refused "CREATE TABLE public.mine ()" "permission denied"
refused "CREATE TEMPORARY TABLE mine ()" "permission denied"
ok "two tenants' sessions stay within their tenants"

runs 0 pgc down --remove --yes
done_testing
