# Sourced by the fleet's tests behind lib.sh: revisions of the tenants' history written by the test, the real Alembic
# for one tenant, and many tenants at once.
# shellcheck shell=bash
VERSIONS=$HOME_DIR/packages/api/stratmaster_api/migrations/tenant/versions
# shellcheck disable=SC2034 # of the tenant branch, for the tests
HEAD=b9a4b82a4071
ini() { echo packages/api/alembic.ini; }

# revision ID DOWN UPGRADE DOWNGRADE: the bodies are Python, one line each or $'…' for several.
revision() {
  cat >"$VERSIONS/$1_test.py" <<EOF
"""$1 of a test"""
from alembic import op
import sqlalchemy as sa
revision = "$1"
down_revision = $([ "$2" ] && echo "\"$2\"" || echo None)
def upgrade():
$(sed 's/^/    /' <<<"$3")
def downgrade():
$(sed 's/^/    /' <<<"${4:-pass}")
EOF
}
forget() { rm -f "${@/#/$VERSIONS/}"; }

# alembic_of TENANT WORDS…: the real one, as its CLI's user would run it; LOCK=held: without taking the lock.
alembic_of() {
  local schema
  schema=tenant_$(hex "$1")
  shift
  (cd "$HOME_DIR" && PGPASSWORD=$(password) PGOPTIONS="-c role=pgc_owner -c search_path=$schema" \
    PGCONTRACT_LOCK="${LOCK:-}" DATABASE_URL="postgresql://postgres@127.0.0.1:$(port)/stratmaster" \
    alembic -c "$(ini)" -n tenant -x "tenant=$schema" "$@")
}
rows_of() { sql "SELECT string_agg(version_num, ',' ORDER BY version_num) FROM tenant_$(hex "$1").alembic_version"; }
# at REVISION: how many tenants are there.
at() {
  pgc --format json migrate status --tenants all >"$OUT" 2>"$ERR"
  json "sum(s['rows'] == '$1' for s in r['tables']['schemas'])"
}

# The contract applied, and tenants. On a server past its end of life apply ends with 1, for that finding alone.
fleet_ready() {
  local tenant
  up
  CODE=0
  pgc apply >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  [ "$CODE" -le 1 ] || fail "pgcontract apply ends with 0 or 1"
  for tenant in "$@"; do runs 0 pgc tenant add "$tenant"; done
}

# many_tenants N: as tenant add makes them, in one transaction each.
many_tenants() {
  local model=00000000-0000-4000-8000-000000000000
  sql "ALTER SYSTEM SET fsync = off" # the tests crash the server, never the machine
  sql "SELECT pg_reload_conf()" >/dev/null
  pgc --format json tenant add "$model" >"$WORK/model.json" 2>/dev/null
  python3 - "$WORK/model.json" "$1" >"$WORK/tenants.sql" <<'EOF'
import json, sys
from uuid import UUID
model = UUID("00000000-0000-4000-8000-000000000000")
(outcome,) = json.load(open(sys.argv[1]))["application"]["outcomes"]
for number in range(1, int(sys.argv[2])):
    tenant = UUID(int=model.int + number)
    text = ";\n".join(outcome["step"]["statements"])
    print("BEGIN;", text.replace(str(model), str(tenant)).replace(model.hex, tenant.hex) + ";", "COMMIT;", sep="\n")
EOF
  sql_file "$WORK/tenants.sql" >/dev/null
}
tenant_number() { printf '00000000-0000-4000-8000-%012x' "$1"; }
