#!/usr/bin/env bash
# stratmaster_api.tenant_engines (SQLAlchemy) against a cluster with 50 tenants: checkout_test.py and
# checkout_budget_test.py say what is tested.
# Then once more under profile strict, which takes set_config from tenants.
# CHECKOUT_PYTHON names another Python, to test another SQLAlchemy.
PROGRAM=$1
source "$(dirname "$0")/../scenario/lib.sh"
python=${CHECKOUT_PYTHON:-/usr/bin/python3}
"$python" -c 'import sqlalchemy, psycopg2' 2>/dev/null || skip "$python has no SQLAlchemy or no psycopg2"

up
# At most 1: a server past its end of life stands broken, whatever is applied.
apply() {
  CODE=0
  pgc apply >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  [ "$CODE" -le 1 ] || fail "apply ends with 0 or 1"
}
apply
for tenant in "$TENANT_A" "$TENANT_B"; do runs 0 pgc tenant add "$tenant"; done
sql "ALTER SYSTEM SET fsync = off"
sql "SELECT pg_reload_conf()" >/dev/null
tenants="$TENANT_A $TENANT_B"
for number in $(seq 10 57); do tenants+=" $(printf '%08x-0000-4000-8000-%012x' "$number" "$number")"; done
# The others in one transaction each, with the very statements that `tenant add` reports.
runs 0 pgc --format json tenant add 00000000-0000-4000-8000-000000000000
cp "$OUT" "$WORK/model.json"
for tenant in $tenants; do
  [[ $tenant == "$TENANT_A" || $tenant == "$TENANT_B" ]] ||
    json "'BEGIN;\n' + ';\n'.join(s.replace('00000000-0000-4000-8000-000000000000', '$tenant')
      .replace('0' * 12 + '4' + '0' * 3 + '8' + '0' * 15, '$(hex "$tenant")')
      for s in r['application']['outcomes'][0]['step']['statements']) + ';\nCOMMIT;'"
done >"$WORK/tenants.sql"
sql_file "$WORK/tenants.sql" >/dev/null
for tenant in $tenants; do
  echo "ALTER ROLE app_tenant_$(hex "$tenant") PASSWORD 'tenant-$tenant';"
done >"$WORK/passwords.sql"
sql_file "$WORK/passwords.sql"
equals "fifty tenants and the model are registered" 51 "$(sql 'SELECT count(*) FROM pgcontract.tenant')"

export CHECKOUT_ADMIN_DSN CHECKOUT_PORT CHECKOUT_TENANTS=$tenants CHECKOUT_ADMIN_PASSWORD
CHECKOUT_ADMIN_DSN=$(dsn) CHECKOUT_PORT=$(port) CHECKOUT_ADMIN_PASSWORD=$(password)
export PYTHONPATH=$SOURCE_ROOT/stratmaster/packages/api
checkout() {
  local suite
  for suite in checkout_test.py checkout_budget_test.py; do
    "$python" "$SOURCE_ROOT/test/interop/$suite" 2>&1 || return
  done
}

runs 0 checkout
cat "$OUT"
ok "checkout holds under the standard profile"

sed -i 's/^  profile: standard.*/  profile: strict/' "$CONTRACT"
apply
CHECKOUT_PROFILE=strict runs 0 checkout
cat "$OUT"
ok "checkout holds under the strict profile"
done_testing
