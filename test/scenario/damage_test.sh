#!/usr/bin/env bash
# What a hand breaks, verify finds and apply mends; what only a person may mend is reported and never run.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B"
role_a=app_tenant_$(hex "$TENANT_A") schema_b=tenant_$(hex "$TENANT_B")
sql "INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$TENANT_A', 'kept')"
# Two who are none of the design's: one may hand on what it holds, the other is a service's login.
sql "CREATE ROLE api LOGIN; CREATE ROLE dba; GRANT USAGE, CREATE ON SCHEMA stratmaster_api TO dba WITH GRANT OPTION;
     GRANT SELECT ON stratmaster_api.reports TO dba WITH GRANT OPTION"
runs 0 pgc verify
snapshot "$WORK/whole"

# mended WHAT CLAUSE STATEMENT: the damage breaks the clause, apply brings back exactly what was there.
mended() {
  sql "$3"
  runs 1 pgc verify --format json
  equals "$1 breaks $2" broken "$(verdict "$2")"
  runs 1 pgc plan
  says "$2"
  runs 0 pgc apply
  runs 0 pgc verify
  snapshot "$WORK/mended"
  same_files "$1: after apply the catalog is what it was" "$WORK/whole" "$WORK/mended"
  ok "$1 is found by $2 and mended"
}

mended "a dropped policy" tenancy.rls_bound_to_role \
  "DROP POLICY tenant_role_binding ON stratmaster_api.reports"
mended "a policy that lets everything pass" tenancy.rls_bound_to_role \
  "DROP POLICY tenant_role_binding ON stratmaster_api.reports;
   CREATE POLICY tenant_role_binding ON stratmaster_api.reports AS RESTRICTIVE USING (true)"
mended "one more permissive policy" tenancy.rls_bound_to_role \
  "CREATE POLICY everyone ON stratmaster_api.reports FOR SELECT TO pgc_tenant USING (true)"
mended "NO FORCE ROW LEVEL SECURITY" tenancy.rls_forced \
  "ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY"
mended "DISABLE ROW LEVEL SECURITY" tenancy.rls_enabled \
  "ALTER TABLE stratmaster_api.reports DISABLE ROW LEVEL SECURITY"
mended "TRUNCATE for tenants" tenancy.grants "GRANT TRUNCATE ON stratmaster_api.reports TO pgc_tenant"
mended "SELECT for everybody" tenancy.grants "GRANT SELECT ON stratmaster_api.reports TO PUBLIC"
mended "a tenant's direct grant" tenancy.grants "GRANT SELECT ON stratmaster_api.reports TO $role_a"
mended "a grant across tenants" tenancy.grants \
  "GRANT USAGE ON SCHEMA $schema_b TO $role_a; GRANT SELECT ON ALL TABLES IN SCHEMA $schema_b TO $role_a"
mended "TEMPORARY for tenants" tenancy.no_create_no_temp "GRANT TEMPORARY ON DATABASE stratmaster TO PUBLIC"
mended "a foreign owner" schema.owner "ALTER TABLE stratmaster_api.reports OWNER TO postgres"
mended "a column granted by somebody else" tenancy.grants \
  "SET ROLE dba; GRANT SELECT (title) ON stratmaster_api.reports TO $role_a"
mended "CREATE granted by somebody else" tenancy.no_create_no_temp \
  "SET ROLE dba; GRANT CREATE ON SCHEMA stratmaster_api TO pgc_tenant"
mended "a login in the owner's and the definer's" tenancy.design_roles \
  "GRANT pgc_owner, pgc_definer TO api; GRANT pgc_definer, pg_read_all_data TO pgc_migrator"
mended "a strong tenant role" tenancy.role_per_tenant "ALTER ROLE $role_a CREATEROLE BYPASSRLS"
mended "a tenant role in the owner's" tenancy.role_per_tenant "GRANT pgc_owner TO $role_a"
mended "changed role settings" tenancy.role_per_tenant \
  "ALTER ROLE $role_a IN DATABASE stratmaster SET app.tenant_id = '$TENANT_B'"
mended "a foreign search_path" tenancy.role_per_tenant \
  "ALTER ROLE $role_a IN DATABASE stratmaster SET search_path = $schema_b"
mended "a replaced guard" tenancy.guard_function \
  "CREATE OR REPLACE FUNCTION pgcontract.assert_boundary() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'"
mended "a guard without its pinned path" tenancy.guard_function \
  "ALTER FUNCTION pgcontract.assert_boundary() RESET search_path"
mended "a replaced checkout" tenancy.guard_function \
  "CREATE OR REPLACE FUNCTION pgcontract.checkout() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'"
mended "lifted limits" tenancy.limits \
  "ALTER ROLE $role_a CONNECTION LIMIT -1; ALTER ROLE $role_a IN DATABASE stratmaster RESET temp_file_limit;
   ALTER ROLE $role_a IN DATABASE stratmaster SET statement_timeout = 0"
mended "a limit that the tenant lifted itself" tenancy.limits \
  "SET SESSION AUTHORIZATION $role_a; ALTER ROLE $role_a IN DATABASE stratmaster SET idle_session_timeout = '7d'"
mended "a dropped tenant role" tenancy.role_per_tenant "DROP OWNED BY $role_a; DROP ROLE $role_a"
mended "a dropped tenant schema" tenancy.schema_per_tenant "DROP SCHEMA $schema_b CASCADE"
equals "rows outlive every mending" kept "$(sql "SELECT title FROM stratmaster_api.reports")"
ok "rows outlive every mending"

# by_hand WHAT CLAUSE WORDS: apply ends with 1, changes nothing, and shows what to consider.
by_hand() {
  runs 1 pgc verify --format json
  equals "$1 breaks $2" broken "$(verdict "$2")"
  snapshot "$WORK/before"
  runs 1 pgc plan
  says "$2" "$3"
  runs 1 pgc --format json plan
  equals "$1: no step" 0 "$(json 'len(r["plan"]["steps"])')"
  equals "$1: a statement to consider" True \
    "$(json "any(m['clause'] == '$2' and '''$3''' in (m['consider'] or '') for m in r['plan']['manual'])")"
  runs 1 pgc apply
  says "$3"
  snapshot "$WORK/after"
  same_files "$1: apply changes nothing" "$WORK/before" "$WORK/after"
  ok "$1 is reported by $2 with a statement to consider, which is not run"
}

as_owner() { sql "SET ROLE pgc_owner; SET search_path = stratmaster_api; $1"; }
as_owner "CREATE TABLE billing_plans (id uuid PRIMARY KEY)"
by_hand "a table with a foreign prefix" schema.domain_prefix "RENAME TO"
as_owner "DROP TABLE billing_plans"
as_owner "CREATE TABLE research_visits (id uuid PRIMARY KEY, seen_at timestamp NOT NULL DEFAULT now());
          INSERT INTO research_visits VALUES (gen_random_uuid())"
by_hand "a timestamp column with rows" schema.temporal_type "TYPE"
as_owner "DROP TABLE research_visits"
sql "SET ROLE pgc_owner; CREATE SCHEMA tenant_$(hex "$TENANT_C"); CREATE TABLE tenant_$(hex "$TENANT_C").t (id int PRIMARY KEY)"
by_hand "a tenant's schema nobody registered" tenancy.schema_per_tenant "DROP SCHEMA"
sql "DROP SCHEMA tenant_$(hex "$TENANT_C") CASCADE"
runs 0 pgc verify

# A waiver that has run out is a finding of its own, and so is one that covers nothing.
sed -i 's/until: 2027-06-30/until: 2020-01-31/' "$CONTRACT"
runs 1 pgc verify
says "contract.waivers" "schema.domain_prefix" "2020-01-31"
cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
sed -i 's/object: stratmaster_api.reports/object: stratmaster_api.raports/' "$CONTRACT"
runs 1 pgc verify
says "contract.waivers" "stratmaster_api.raports"
cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
runs 0 pgc verify
ok "an expired waiver and one that covers nothing are findings"

done_testing
