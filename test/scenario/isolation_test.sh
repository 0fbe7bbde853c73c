#!/usr/bin/env bash
# Two tenants' sessions, as an application opens them: each sees its own rows and schema, whatever it sets or claims.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B"
for tenant in "$TENANT_A" "$TENANT_B"; do
  sql "ALTER ROLE app_tenant_$(hex "$tenant") PASSWORD 'tenant-$tenant'"
  sql "INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$tenant', 'secret of $tenant')"
  sql "INSERT INTO tenant_$(hex "$tenant").research_projects (name) VALUES ('project of $tenant')"
done
role_a=app_tenant_$(hex "$TENANT_A") role_b=app_tenant_$(hex "$TENANT_B")

# refused UUID STATEMENT WORDS: the server does not do it, and says why.
refused() {
  runs 1 as_tenant "$1" "$2"
  says "$3"
}

for tenant in "$TENANT_A" "$TENANT_B"; do
  equals "a tenant sees its own reports and no others" "secret of $tenant" \
    "$(as_tenant "$tenant" "SELECT title FROM stratmaster_api.reports")"
  equals "a tenant sees its own schema first" "project of $tenant" \
    "$(as_tenant "$tenant" "SELECT name FROM research_projects")"
  equals "the boundary is asserted" "$tenant" "$(as_tenant "$tenant" "SELECT pgcontract.assert_boundary()")"
  equals "checkout's SET ROLE is a checked assertion" "$tenant" \
    "$(as_tenant "$tenant" "SET ROLE app_tenant_$(hex "$tenant"); SELECT pgcontract.assert_boundary()")"
done
ok "each tenant sees its own rows, and its boundary is asserted"

equals "a spoofed app.tenant_id shows nothing" "" \
  "$(as_tenant "$TENANT_A" "SET app.tenant_id = '$TENANT_B'; SELECT title FROM stratmaster_api.reports")"
equals "an empty app.tenant_id shows nothing" "" \
  "$(as_tenant "$TENANT_A" "SET app.tenant_id = ''; SELECT title FROM stratmaster_api.reports")"
refused "$TENANT_A" "INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$TENANT_B', 'x')" "row-level security"
refused "$TENANT_A" "SET app.tenant_id = '$TENANT_B'; INSERT INTO stratmaster_api.reports (tenant_id, title)
  VALUES ('$TENANT_B', 'x')" "row-level security"
refused "$TENANT_A" "UPDATE stratmaster_api.reports SET tenant_id = '$TENANT_B'" "row-level security"
equals "another tenant's rows are not deleted" "" "$(as_tenant "$TENANT_A" "SET app.tenant_id = '$TENANT_B';
  DELETE FROM stratmaster_api.reports RETURNING title")"
ok "spoofing app.tenant_id shows, changes and plants no row of another tenant"

refused "$TENANT_A" "SELECT * FROM tenant_$(hex "$TENANT_B").research_projects" "permission denied for schema"
refused "$TENANT_A" "SET ROLE $role_b" "permission denied to set role"
refused "$TENANT_A" "SET ROLE pgc_owner" "permission denied to set role"
refused "$TENANT_A" "SET SESSION AUTHORIZATION $role_b" "permission denied"
refused "$TENANT_A" "SELECT * FROM pgcontract.tenant" "permission denied"
refused "$TENANT_A" "CREATE TABLE research_mine ()" "permission denied"
refused "$TENANT_A" "CREATE TEMPORARY TABLE mine ()" "permission denied"
refused "$TENANT_A" "CREATE SCHEMA mine" "permission denied"
refused "$TENANT_A" "TRUNCATE stratmaster_api.reports" "permission denied"
refused "$TENANT_A" "ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY" "must be owner"
refused "$TENANT_A" "DELETE FROM alembic_version" "permission denied"
refused "$TENANT_A" "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'" "external program"
for table in $(sql "SELECT relname FROM pg_class WHERE relnamespace = 'stratmaster_api'::regnamespace
                    AND relispartition AND relkind = 'r'"); do
  refused "$TENANT_A" "SELECT * FROM stratmaster_api.$table" "permission denied"
done
ok "a tenant cannot reach the other's schema or role, create, truncate, or go round a partitioned table"

refused "$TENANT_A" "SET app.tenant_id = '$TENANT_B'; SELECT pgcontract.assert_boundary()" \
  "setting app.tenant_id does not name the tenant"
refused "$TENANT_A" "SET app.tenant_id = ''; SELECT pgcontract.assert_boundary()" \
  "setting app.tenant_id does not name the tenant"
refused "$TENANT_A" "SET ROLE pgc_tenant; SELECT pgcontract.assert_boundary()" "pgc_tenant"
runs 1 sql "SELECT pgcontract.assert_boundary()"
says "login postgres is a superuser or has BYPASSRLS"
ok "assert_boundary() refuses a wrong setting and a superuser"

equals "checkout() returns the tenant" "$TENANT_A" "$(as_tenant "$TENANT_A" "SELECT pgcontract.checkout()")"
runs 1 sql "SELECT pgcontract.checkout()"
says "login postgres is a superuser or has BYPASSRLS"
for attribute in SUPERUSER BYPASSRLS; do
  sql "ALTER ROLE $role_a $attribute"
  refused "$TENANT_A" "SELECT pgcontract.checkout()" "login $role_a is a superuser or has BYPASSRLS"
  sql "ALTER ROLE $role_a NO$attribute"
done
refused "$TENANT_A" "SET app.tenant_id = '$TENANT_B'; SELECT pgcontract.checkout()" "does not name the tenant"
refused "$TENANT_A" "SET search_path = pg_catalog; SELECT pgcontract.checkout()" "search_path of $role_a is pg_catalog"
refused "$TENANT_A" "PREPARE x AS SELECT 1; SELECT pgcontract.checkout()" "a prepared statement of an earlier checkout"
refused "$TENANT_A" "SET SESSION AUTHORIZATION DEFAULT; SET ROLE pgc_tenant; SELECT pgcontract.checkout()" "pgc_tenant"
ok "checkout() refuses superusers, BYPASSRLS, another setting, path or role, and leftovers"

sql "UPDATE pgcontract.tenant SET state = 'suspended' WHERE id = '$TENANT_A'"
refused "$TENANT_A" "SELECT pgcontract.assert_boundary()" "tenant $TENANT_A is not active"
runs 1 pgc verify
says "tenancy.role_per_tenant" "NOLOGIN"
runs 0 pgc apply
runs 2 as_tenant "$TENANT_A" "SELECT 1"
says "is not permitted to log in"
equals "the other tenant works on" "$TENANT_B" "$(as_tenant "$TENANT_B" "SELECT pgcontract.assert_boundary()")"
sql "UPDATE pgcontract.tenant SET state = 'active' WHERE id = '$TENANT_A'"
runs 0 pgc apply
equals "an active tenant is let in again" "secret of $TENANT_A" \
  "$(as_tenant "$TENANT_A" "SELECT title FROM stratmaster_api.reports")"
runs 0 pgc verify
ok "a suspended tenant is refused at the boundary, and after apply at the door; active again, it is let in"

equals "psql --tenant looks through the tenant's eyes" "$role_a|secret of $TENANT_A" \
  "$(pgc psql --tenant "$TENANT_A" -- -XAtqc "SELECT current_user, title FROM stratmaster_api.reports")"
ok "pgcontract psql --tenant sees what the tenant sees"

done_testing
