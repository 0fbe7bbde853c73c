#!/usr/bin/env bash
# A tenant's life: added, suspended, resumed, renamed, its names taken by somebody else; each act leaves evidence.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

kinds() { sql "SELECT string_agg(kind, ' ' ORDER BY id) FROM pgcontract.evidence WHERE subject = '$1'"; }
role_a=app_tenant_$(hex "$TENANT_A") schema_a=tenant_$(hex "$TENANT_A")

up_and_apply
runs 0 pgc tenant add "$TENANT_A" --display-name Acme
runs 0 pgc tenant add "{${TENANT_A^^}}"
says "is there already; nothing was changed"
runs 2 pgc tenant add "$TENANT_B" "{${TENANT_B}}"
says "are the same tenant"
runs 2 pgc tenant add
says "--from"
runs 2 pgc tenant add "$TENANT_B" "$TENANT_C" --display-name One
equals "adding leaves one row of evidence" "tenant_added" "$(kinds "$TENANT_A")"
equals "it names its job" t "$(sql "SELECT job IN (SELECT id FROM pgcontract.job) FROM pgcontract.evidence WHERE kind = 'tenant_added'")"
ok "a uuid in any spelling is the same tenant, and adding leaves evidence"

sql "ALTER ROLE $role_a PASSWORD 'tenant-$TENANT_A'"
PGPASSWORD=tenant-$TENANT_A psql -XAtq -h 127.0.0.1 -p "$(port)" -U "$role_a" -d stratmaster \
  -c "SELECT pg_sleep(60)" >"$WORK/session" 2>&1 &
STARTED+=($!)
session=$!
for _ in {1..50}; do
  [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = '$role_a'")" = 0 ] || break
  sleep 0.1
done
runs 0 pgc tenant suspend "$TENANT_A"
says "1 tenant is suspended"
equals "no session is left" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = '$role_a'")"
! wait "$session" || fail "the session was ended"
! as_tenant "$TENANT_A" "SELECT 1" >"$OUT" 2>"$ERR" || fail "a suspended tenant cannot log in"
says "is not permitted to log in"
runs 0 pgc verify
runs 0 pgc tenant suspend "$TENANT_A"
sql "ALTER ROLE $role_a LOGIN"
runs 1 pgc verify --clause tenancy.role_per_tenant
says "its tenant is suspended"
runs 0 pgc apply
equals "apply takes LOGIN away again" f "$(sql "SELECT rolcanlogin FROM pg_roles WHERE rolname = '$role_a'")"
runs 0 pgc tenant resume "$TENANT_A"
as_tenant "$TENANT_A" "SELECT 1" >/dev/null
runs 0 pgc tenant resume "$TENANT_A"
runs 4 pgc tenant suspend "$TENANT_C"
says "there is no tenant"
runs 3 pgc tenant suspend "$TENANT_C" "$TENANT_A"
runs 0 pgc tenant resume "$TENANT_A"
ok "suspend keeps a tenant out and ends its sessions; resume lets it in again"

runs 0 pgc tenant rename "$TENANT_A" "Acme Laboratories"
runs 0 pgc tenant list
says "Acme Laboratories"
runs 0 pgc tenant rename "$TENANT_A" "Acme Laboratories"
says "nothing was changed"
runs 2 pgc tenant rename "$TENANT_A" $'two\nlines'
runs 2 pgc tenant rename "$TENANT_A" "$(printf 'x%.0s' {1..201})"
says "201 bytes"
equals "each act left evidence" \
  "tenant_added tenant_suspended tenant_suspended tenant_resumed tenant_suspended tenant_resumed tenant_renamed" \
  "$(kinds "$TENANT_A")"
ok "rename changes the display name alone, and every act left evidence"

sql "CREATE ROLE bystander; CREATE SCHEMA tenant_$(hex "$TENANT_B") AUTHORIZATION bystander;
     CREATE ROLE app_tenant_$(hex "$TENANT_B") LOGIN; GRANT bystander TO app_tenant_$(hex "$TENANT_B")"
snapshot "$WORK/before"
runs 4 pgc tenant add "$TENANT_B"
says "schema tenant_$(hex "$TENANT_B") (owned by bystander)" "member of bystander" "--adopt"
printf 'id\n%s\n%s\n' "$TENANT_B" "$TENANT_C" | runs_from 3 pgc tenant add --from -
says "1 added, 0 unchanged, 1 failed"
runs 0 pgc tenant delete "$TENANT_C" --yes
snapshot "$WORK/after"
sed -i "/$TENANT_C/d" "$WORK/after"
same_files "what is not ours was left alone" "$WORK/before" "$WORK/after"
runs 0 pgc tenant add "$TENANT_B" --adopt
runs 0 pgc verify
equals "adopted, it is in the group alone" pgc_tenant "$(sql "SELECT string_agg(r.rolname, ' ') FROM pg_auth_members m
  JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = 'app_tenant_$(hex "$TENANT_B")'::regrole")"
ok "a role and a schema of the tenant's name that are somebody's are named and left alone, or adopted when asked"

# By hand: each is a finding that names the tenant, and one apply mends them all.
mended() { # mended WHAT CLAUSE SQL
  sql "$3"
  runs 1 pgc verify --clause "$2"
  says "$(hex "$TENANT_A")"
  runs 1 pgc plan --only "$2"
  runs 0 pgc apply
  runs 0 pgc verify
  snapshot "$WORK/found"
  same_files "$1 is mended" "$WORK/whole" "$WORK/found"
}
snapshot "$WORK/whole"
table=$(sql "SELECT min(tablename) FROM pg_tables WHERE schemaname = '$schema_a' AND tablename <> 'alembic_version'")
mended "another owner of a table" schema.owner "ALTER TABLE $schema_a.$table OWNER TO bystander"
mended "another owner of the schema" tenancy.schema_per_tenant "ALTER SCHEMA $schema_a OWNER TO bystander"
mended "a grant to another tenant" tenancy.grants \
  "GRANT USAGE ON SCHEMA $schema_a TO app_tenant_$(hex "$TENANT_B"); GRANT SELECT ON $schema_a.$table TO app_tenant_$(hex "$TENANT_B")"
mended "a grant to PUBLIC" tenancy.grants "GRANT SELECT ON $schema_a.$table TO PUBLIC"
mended "CREATEDB" tenancy.role_per_tenant "ALTER ROLE $role_a CREATEDB"
mended "a second membership" tenancy.role_per_tenant "GRANT bystander TO $role_a"
mended "lost settings" tenancy.role_per_tenant "ALTER ROLE $role_a IN DATABASE stratmaster RESET ALL"
sql "DROP POLICY tenant_role_binding ON stratmaster_api.reports; CREATE POLICY tenant_role_binding ON stratmaster_api.reports USING (true)"
runs 1 pgc verify --clause tenancy.rls_bound_to_role
says "stratmaster_api.reports"
runs 0 pgc apply
snapshot "$WORK/found"
same_files "a policy made wide open is mended" "$WORK/whole" "$WORK/found"
sql "CREATE PROCEDURE $schema_a.work() LANGUAGE sql AS 'SELECT 1';
     CREATE AGGREGATE $schema_a.total (int) (SFUNC = int4pl, STYPE = int);
     REVOKE EXECUTE ON ROUTINE $schema_a.work, $schema_a.total FROM PUBLIC"
runs 1 pgc verify --clause schema.owner
runs 0 pgc apply
equals "procedures and aggregates are given to the owner too" 2 "$(sql "SELECT count(*) FROM pg_proc
  WHERE pronamespace = '$schema_a'::regnamespace AND proowner = 'pgc_owner'::regrole")"
sql "DROP PROCEDURE $schema_a.work; DROP AGGREGATE $schema_a.total (int)"
ok "what was changed by hand is named, and mended by apply"

runs 0 pgc --format json tenant show "$TENANT_A"
for fact in size_bytes rows_estimate sessions last_activity settings evidence; do
  json "next(f['value'] for f in r['tables']['tenant'] if f['fact'] == '$fact')" >/dev/null || fail "show tells $fact"
done
ok "show tells size, rows, sessions, settings and evidence"
done_testing
