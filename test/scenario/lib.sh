# Sourced by the end-to-end tests: a copy of stratmaster/ in a folder of its own, a private cluster in it, assertions
# that show what differed. One folder and one server a test, so tests run side by side, as root and as anyone else.
#   PROGRAM=… ; source lib.sh
# PGC_KEEP=1 keeps the folder, and the server running, for a look afterwards.
# shellcheck shell=bash
set -Eeuo pipefail

: "${PROGRAM:?the path of pgcontract}"
PROGRAM=$(realpath "$PROGRAM")
TEST_NAME=$(basename "$0" _test.sh)
# The newest server's folder, as pgcontract finds it: pg_dump must not be older than the server.
SERVER_PROGRAMS=${PGCONTRACT_POSTGRES_BIN:-$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)}
SOURCE_ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
# Python's and Debian's alembic live in /usr/bin; one from elsewhere in PATH may not see the distribution's packages.
PATH=/usr/bin:$PATH
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGOPTIONS PGSERVICE DATABASE_URL STAGING_DATABASE_URL
export PGCONNECT_TIMEOUT=10 NO_COLOR=1 LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

# shellcheck disable=SC2034 # three tenants, for the tests
readonly TENANT_A=11111111-1111-4111-8111-111111111111 TENANT_B=22222222-2222-4222-8222-222222222222 \
  TENANT_C=33333333-3333-4333-8333-333333333333
hex() { echo "${1//-/}"; }

# The server's user must be able to enter: /var/tmp, where /tmp may be private or in memory.
WORK=$(mktemp -d "${PGC_TEST_DIRECTORY:-/var/tmp}/pgct.XXXXXX")
chmod 755 "$WORK"
HOME_DIR=$WORK/s
mkdir "$HOME_DIR"
tar -C "$SOURCE_ROOT/stratmaster" --exclude=./.pgcontract --exclude=__pycache__ -cf - . | tar -C "$HOME_DIR" -xf -
chmod 755 "$HOME_DIR"
# Most stories are not about backups: without a store the server archives nothing. PGC_ARCHIVE=1 keeps it.
[ "${PGC_ARCHIVE:-}" ] || sed -i 's/store: embedded }/store: none }/' "$HOME_DIR/contract.yaml"
sed -i '/^<!-- pgcontract drill /,$d' "$HOME_DIR/ops/runbooks/postgres-dr.md" # what `make demo` may have entered here
cp "$HOME_DIR/contract.yaml" "$HOME_DIR/contract.first.yaml" # tests spoil the other; the last `down` needs one
CONTRACT=$HOME_DIR/contract.yaml
CLUSTER=$HOME_DIR/.pgcontract/local
OUT=$WORK/out ERR=$WORK/err
touch "$OUT" "$ERR"
CODE=0
COUNT=0
CLEANUPS=() # commands of a test's own, run before the cluster goes
STARTED=()  # processes of a test's own, ended likewise

pgc() { (cd "$HOME_DIR" && exec "$PROGRAM" --contract "$CONTRACT" "$@"); }

finish() {
  local status=$? pid cleanup
  trap - EXIT INT TERM ERR
  set +e
  for pid in "${STARTED[@]}"; do kill -9 "$pid" 2>/dev/null; done
  if [ "${PGC_KEEP:-}" ]; then
    echo "kept: $PROGRAM --contract $CONTRACT" >&2
    exit "$status"
  fi
  for cleanup in "${CLEANUPS[@]}"; do eval "$cleanup" >/dev/null 2>&1; done
  (cd "$HOME_DIR" && "$PROGRAM" --contract contract.first.yaml --env local down --remove --yes) >/dev/null 2>"$WORK/down"
  [ ! -e "$CLUSTER/data" ] || { echo "not ok - the cluster is removed"; cat "$WORK/down"; status=1; }
  rm -rf "$WORK"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
# A command of the test itself that failed: say which, since set -e does not.
trap 'echo "not ok - $TEST_NAME: line $LINENO: $BASH_COMMAND" >&2' ERR

ok() {
  COUNT=$((COUNT + 1))
  echo "ok - $*"
}
# fail SENTENCE: what was claimed and does not hold, with the last command's output.
fail() {
  trap - ERR
  echo "not ok - $*"
  echo "  last command ended with $CODE"
  sed 's/^/  stdout: /' "$OUT" | tail -n "${PGC_SHOWN_LINES:-60}"
  sed 's/^/  stderr: /' "$ERR" | tail -n 20
  [ ! -r "$CLUSTER/server.log" ] || tail -n 8 "$CLUSTER/server.log" | sed 's/^/  server: /'
  exit 1
}
skip() {
  echo "skipped: $*"
  exit 77
}
done_testing() {
  [ "$COUNT" -gt 0 ] || fail "the test checked something"
  echo "$COUNT checks passed: $TEST_NAME"
}

# runs CODE COMMAND…: its exit code; what it said is in $OUT and $ERR.
runs() {
  local wanted=$1
  shift
  CODE=0
  "$@" >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  [ "$CODE" -eq "$wanted" ] || fail "\`${*/#$PROGRAM/pgcontract}\` ends with $wanted"
}
# The same with this script's standard input.
runs_from() {
  local wanted=$1
  shift
  CODE=0
  "$@" >"$OUT" 2>"$ERR" || CODE=$?
  [ "$CODE" -eq "$wanted" ] || fail "\`${*/#$PROGRAM/pgcontract}\` ends with $wanted"
}
# The last command's report keeps the published schema.
valid_report() {
  /usr/bin/python3 "$SOURCE_ROOT/test/scenario/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" >"$WORK/problems" ||
    fail "the report is as its schema says: $(cat "$WORK/problems")"
}
# validated CODE WORDS…: its report as JSON.
validated() {
  local code=$1
  shift
  runs "$code" pgc --format json "$@"
  valid_report
}
# says TEXT… : each stands in what the last command said, on either stream.
says() {
  local text
  for text in "$@"; do grep -qF -- "$text" "$OUT" "$ERR" || fail "the output says: $text"; done
}
hides() {
  local text
  for text in "$@"; do ! grep -qF -- "$text" "$OUT" "$ERR" || fail "the output does not say: $text"; done
}
equals() { # equals WHAT EXPECTED ACTUAL
  [ "$2" = "$3" ] || {
    diff <(echo "$2") <(echo "$3") | sed 's/^</  expected:/; s/^>/  found:   /' || true
    fail "$1"
  }
}
same_files() { # same_files WHAT EXPECTED ACTUAL
  diff "$2" "$3" >"$WORK/diff" || {
    head -n 60 "$WORK/diff"
    fail "$1"
  }
}

# sql STATEMENT: as the superuser of the private cluster, in the contract's database.
sql() { pgc --env local psql -- -XAtq -v ON_ERROR_STOP=1 -c "SET client_min_messages = warning" -c "$1"; }
sql_file() { pgc --env local psql -- -XAtq -v ON_ERROR_STOP=1 -f "$1"; }
port() { cat "$CLUSTER/data/pgcontract.conf" | sed -n 's/^port = //p'; }
password() { cat "$CLUSTER/password"; }
dsn() { echo "postgresql://postgres:$(password)@127.0.0.1:$(port)/stratmaster"; }
# as_tenant UUID STATEMENT: over TCP, with the tenant's own password, as an application would.
as_tenant() {
  PGPASSWORD=tenant-$1 psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port)" -U "app_tenant_$(hex "$1")" \
    -d stratmaster -c "$2"
}

# Everything that could differ: the database's schema, the cluster's roles with memberships and settings, the registry.
snapshot() { # snapshot FILE
  {
    PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dump" -s -h 127.0.0.1 -p "$(port)" -U postgres stratmaster |
      sed '/^\\restrict/d; /^\\unrestrict/d; /^--/d; /^$/d'
    sql "SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
           r.rolbypassrls, r.rolconnlimit FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1;
         SELECT r.rolname, m.rolname, a.admin_option FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
           JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_' ORDER BY 1, 2;
         SELECT COALESCE(r.rolname, '-'), COALESCE(d.datname, '-'), s.setconfig FROM pg_db_role_setting s
           LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase ORDER BY 1, 2;
         SELECT datname, datacl FROM pg_database WHERE datname = 'stratmaster';
         SELECT id, display_name, state FROM pgcontract.tenant ORDER BY 1"
  } >"$1"
}

# json EXPRESSION: of the last command's output, with `r` the report; prints it as text.
json() { /usr/bin/python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$OUT" "$1"; }
# The verdict of one clause in the last command's JSON.
verdict() { json "next(c['verdict'] for c in r['verdicts']['clauses'] if c['clause'] == '$1')"; }

up() { runs 0 pgc up; }
# The demo's cluster: up, apply and as many tenants as named.
up_and_apply() {
  local tenant
  up
  runs 0 pgc apply
  for tenant in "$@"; do runs 0 pgc tenant add "$tenant"; done
}
