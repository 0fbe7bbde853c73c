#!/usr/bin/env bash
# Profile strict: what it takes from tenants, what goes on working, who keeps it, and that standard gives all of it back.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

# PostgreSQL 14 stands broken by its end of life, and every command that judges ends with 1.
at_most_broken() {
  CODE=0
  "$@" >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  [ "$CODE" -le 1 ] || fail "\`$*\` ends with 0 or 1"
}
up
at_most_broken pgc apply
for tenant in "$TENANT_A" "$TENANT_B"; do runs 0 pgc tenant add "$tenant"; done
role_a=app_tenant_$(hex "$TENANT_A") schema_b=tenant_$(hex "$TENANT_B")
sql "ALTER ROLE $role_a PASSWORD 'tenant-$TENANT_A'"
sql "CREATE ROLE backup LOGIN PASSWORD 'b' BYPASSRLS; GRANT pg_read_all_data TO backup"
sql "GRANT CONNECT ON DATABASE stratmaster TO backup"
# What PUBLIC may do in pg_catalog, object by object.
of_public() {
  sql "SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace
         AND has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1;
       SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'pg_catalog'::regnamespace
         AND has_table_privilege('public', c.oid, 'SELECT') ORDER BY 1" >"$1"
}
of_public "$WORK/public.before"

# strict_is VERDICT: of the clause.
strict_is() {
  at_most_broken pgc verify --format json
  equals "the verdict on the profile" "$1" "$(verdict tenancy.strict_catalog)"
}

# Each is a statement that a tenant may run under standard and must not under strict.
attacks=(
  "SELECT set_config('role', 'none', false)"
  "UPDATE pg_settings SET setting = 'x' WHERE name = 'app.tenant_id'"
  "SELECT query_to_xml('SELECT 1', true, true, '')"
  "SELECT table_to_xml('stratmaster_api.reports', true, true, '')"
  "SELECT * FROM ts_stat('SELECT ''a''::tsvector')"
  "SELECT pg_advisory_lock(1885823860, 1)"
  "SELECT pg_try_advisory_xact_lock_shared(1)"
  "SELECT pg_notify('x', 'y')"
  "SELECT pg_logical_emit_message(false, 'x', 'y')"
  "SELECT lo_create(0)"
  "SELECT lo_from_bytea(0, 'x')"
  "SELECT pg_relation_size('$schema_b.research_projects'::regclass)"
  "SELECT pg_total_relation_size(c.oid) FROM pg_class c WHERE relname = 'research_projects'"
  "SELECT pg_stat_get_live_tuples(c.oid) FROM pg_class c WHERE relname = 'research_projects'"
  "SELECT usename FROM pg_stat_activity"
  "SELECT pg_stat_get_backend_userid(1)"
  "SELECT n_live_tup FROM pg_stat_user_tables"
  "SELECT n_live_tup FROM pg_stat_all_tables"
  "SELECT setconfig FROM pg_db_role_setting"
)
for attack in "${attacks[@]}"; do
  [[ $attack == *"$schema_b"* ]] || as_tenant "$TENANT_A" "$attack" >"$OUT" 2>"$ERR" || fail "under standard: $attack"
done
sql "SELECT lo_unlink(oid) FROM pg_largeobject_metadata" >/dev/null # a tenant's: no backup role could read them
ok "under standard a tenant may call them: ${#attacks[@]}"

sed -i "s/^  profile: standard.*/  profile: strict\n  catalog_readers: [backup]/" "$CONTRACT"
strict_is broken
says "PUBLIC holds EXECUTE, wanted nothing"
runs 1 pgc plan
says "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean) FROM PUBLIC" \
  "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean) TO pgc_owner, backup" \
  "GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer) TO pgc_owner, pg_monitor, backup" \
  "REVOKE SELECT ON TABLE pg_catalog.pg_db_role_setting FROM PUBLIC"
at_most_broken pgc apply
strict_is holds
at_most_broken pgc apply
says "nothing to change"
ok "strict is planned word for word, applied, verified, and done once"

for attack in "${attacks[@]}"; do
  CODE=0
  as_tenant "$TENANT_A" "$attack" >"$OUT" 2>"$ERR" || CODE=$?
  [ "$CODE" -ne 0 ] && grep -q "permission denied" "$ERR" || fail "under strict this is refused: $attack"
done
ok "under strict each of them is refused"

equals "checkout works without set_config" "$TENANT_A" "$(as_tenant "$TENANT_A" "SET ROLE $role_a; SELECT pgcontract.checkout()" )"
as_tenant "$TENANT_A" "INSERT INTO reports (tenant_id, title) VALUES ('$TENANT_A', 'mine')"
equals "policies work without set_config" mine "$(as_tenant "$TENANT_A" "SELECT title FROM reports")"
as_tenant "$TENANT_A" "SET statement_timeout = '5s'; LISTEN x; NOTIFY x; UNLISTEN *"
as_tenant "$TENANT_A" "DISCARD ALL"
# A psql that is older than the server asks for columns that are gone.
client=$(psql --version | grep -o '[0-9]*' | head -n 1)
if [ "$client" -ge "$(sql "SELECT pg_catalog.current_setting('server_version_num')::int / 10000")" ]; then
  for command in '\d reports' '\dt' '\dn' '\du' '\df' '\l' '\dp' '\conninfo'; do
    runs 0 as_tenant "$TENANT_A" "$command"
  done
  runs 1 as_tenant "$TENANT_A" '\dt+'
  says "permission denied for function pg_table_size"
fi
ok "checkout, policies, DISCARD ALL, LISTEN and psql's describing commands work under strict"

dump() { # dump ROLE PASSWORD OPTIONS…
  local role=$1 password=$2
  shift 2
  PGPASSWORD=$password "$SERVER_PROGRAMS/pg_dump" -h 127.0.0.1 -p "$(port)" -U "$role" "$@" stratmaster
}
if [ -x "$SERVER_PROGRAMS/pg_dump" ]; then
  runs 1 dump "$role_a" "tenant-$TENANT_A" --schema-only -n "tenant_$(hex "$TENANT_A")"
  says "permission denied for function set_config"
  runs 0 dump backup b
  for text in "REVOKE ALL ON FUNCTION pg_catalog.set_config(" "mine"; do
    grep -qF "$text" "$OUT" || fail "the dump holds: $text"
  done
  ok "pg_dump needs to be among the catalog_readers, and its dump carries the profile"
else
  echo "not tried: pg_dump, which is not in $SERVER_PROGRAMS"
fi

sql "SELECT lo_from_bytea(4711, 'large'); ALTER LARGE OBJECT 4711 OWNER TO $role_a" >/dev/null
if [ -x "$SERVER_PROGRAMS/pg_dump" ]; then
  for tenant in "$TENANT_A" "$TENANT_B"; do runs 0 pgc tenant export "$tenant" --output "$WORK/export.$tenant"; done
  grep -q "lo_put(4711" "$WORK/export.$TENANT_A/5_large_objects.sql" || fail "the export has the large object"
  ok "tenants are exported under strict"
fi
sql "SELECT lo_unlink(4711)" >/dev/null

runs 0 pgc tenant add "$TENANT_C"
runs 0 pgc tenant show "$TENANT_C"
at_most_broken pgc reset --yes
at_most_broken pgc apply
strict_is holds
ok "onboarding and reset work under strict"

sed -i "s/^  profile: strict/  profile: standard/" "$CONTRACT"
runs 1 pgc plan
says "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean) TO PUBLIC" \
  "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean) FROM pgc_owner, backup"
at_most_broken pgc apply
strict_is holds
of_public "$WORK/public.after"
same_files "standard gives back all that strict took" "$WORK/public.before" "$WORK/public.after"
equals "nobody keeps a grant of the profile's" 0 "$(sql "SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) a
  WHERE p.pronamespace = 'pg_catalog'::regnamespace
    AND a.grantee IN ('pgc_owner'::regrole, 'backup'::regrole, 'pg_monitor'::regrole) AND p.proname = 'set_config'")"
ok "back at standard, all is PUBLIC's again"
done_testing
