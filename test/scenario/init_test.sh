#!/bin/sh
# A contract for a database nobody wrote one for: `pgcontract init` reads it, and what it writes is kept at once, but
# for the ledger that `apply` makes.
#
#   DATABASE_URL="host=… user=postgres dbname=postgres" init_test.sh PGCONTRACT
#
# The user must be superuser of a disposable server: databases and roles are made and dropped. One line a check; the
# first failure ends with exit code 1.
set -u

pgcontract=$(realpath "${1:?name the program}")
server=${DATABASE_URL:?set it to a superuser of a disposable server}
unset PGOPTIONS
stem=init_test_$$
id=0123456789abcdef0123456789abcdef
work=$(mktemp -d)
cd "$work" || exit 1

finish() {
  status=$?
  for database in "$stem" "${stem}_empty"; do
    psql -qX "$server" -c "SET client_min_messages = error" -c "DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)"
  done
  psql -qX "$server" -c "SET client_min_messages = error" -c "DROP ROLE IF EXISTS \"${stem}_$id\""
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() { echo "not ok: $1"; sed 's/^/    /' log; exit 1; }
# check WHAT COMMAND…: the command succeeds.   refuse WHAT CODE TEXT COMMAND…: it ends with CODE and says TEXT.
check() { what=$1; shift; "$@" >log 2>&1 || fail "$what"; echo "ok: $what"; }
refuse() {
  what=$1 code=$2 text=$3; shift 3
  "$@" >log 2>&1; status=$?
  [ "$status" = "$code" ] || fail "$what (exit code $status)"
  grep -qF -- "$text" log || fail "$what (without saying: $text)"
  echo "ok: $what"
}
has() { grep -qF -- "$1" "${2:-contract.yaml}" || { cat "${2:-contract.yaml}"; return 1; }; }
lacks() { ! grep -F -- "$1" "${2:-contract.yaml}"; }
# only_ledger_broken: of all clauses of the written contract, the ledger alone is broken.
only_ledger_broken() {
  "$pgcontract" --format json "$@" verify >verdicts.json
  python3 -c '
import json, sys
broken = [c["clause"] for c in json.load(open("verdicts.json"))["verdicts"]["clauses"] if c["verdict"] == "broken"]
sys.exit(None if broken == ["contract.ledger"] else "broken: %s" % broken)'
}

psql -qX "$server" -c "CREATE DATABASE \"$stem\"" -c "CREATE DATABASE \"${stem}_empty\"" || exit 1
# The last dbname of a connection string holds. The password is never asked for; it must not be seen either.
MESSY="$server dbname=$stem password=hunter2"; export MESSY
EMPTY="$server dbname=${stem}_empty"; export EMPTY

psql -qX -v ON_ERROR_STOP=1 "$MESSY" <<SQL || exit 1
SET client_min_messages = error;
CREATE SCHEMA shop_api; CREATE SCHEMA shop_demo; CREATE SCHEMA langfuse; CREATE SCHEMA "a: b # c";
CREATE TABLE shop_api.research_papers (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, at timestamptz DEFAULT now());
CREATE TABLE shop_api.research_notes (id uuid PRIMARY KEY, tenant_id uuid, at timestamp, seen timestamptz DEFAULT now());
CREATE TABLE shop_api.agents_runs (id uuid, tenant_id uuid);
CREATE TABLE shop_api.agents_tools (id uuid, tenant_id uuid);
CREATE TABLE shop_api.ref_country (code text PRIMARY KEY);
CREATE TABLE shop_api."We""ird: table # 1" ("a	b" timestamp, "true" int);
CREATE TABLE shop_api.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO shop_api.alembic_version VALUES ('abc');
ALTER TABLE shop_api.research_papers ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON shop_api.research_papers USING (tenant_id = current_setting('shop.tenant')::uuid);
CREATE SCHEMA customer_$id;
CREATE TABLE customer_$id.research_drafts (id int);
CREATE SCHEMA customer_01234567_89ab_cdef_0123_456789abcde0;
CREATE ROLE ${stem}_$id LOGIN;
SELECT format('CREATE TABLE shop_api.%I (x int)', E'line\nbreak') \gexec
SELECT format('CREATE TABLE public.junk%s (x int)', i) FROM generate_series(1, 5) AS i \gexec
SELECT format('CREATE FUNCTION public.junk%s() RETURNS int LANGUAGE sql AS %L', i, 'SELECT 1')
FROM generate_series(1, 25) AS i \gexec
SQL
mkdir -p api/migrations/versions .tox/api node_modules/api ops
printf '[alembic]\nscript_location = api/migrations\n[loggers]\nkeys = root\n' >api/alembic.ini
cp api/alembic.ini .tox/api/alembic.ini
cp api/alembic.ini node_modules/alembic.ini
printf '"""first"""\nrevision = "abc"\ndown_revision = None\n' >api/migrations/versions/abc_first.py
: >api/migrations/env.py

check "a messy database is read" "$pgcontract" init --from env:MESSY --name shop
check "the password is not in the report" lacks hunter2 log
check "the password is not in the contract" lacks hunter2
check "nothing half-written is left" sh -c '! ls -A | grep -F .tmp'
check "the application's schema has most tables" has "name: shop_api #"
check "the demo schema is found" has "name: shop_demo #"
check "the telemetry schema is found" has "name: langfuse #"
check "a prefix says how many tables share it" has "- research_ # 3 of "
check "the temporal convention is the majority's" has "type: timestamptz #"
check "Alembic's configuration is found, and no copy of it" has "config: api/alembic.ini"
check "tenants' schemas give the pattern" has "schema: customer_{id} # 2 schemas; 1 of them"
check "roles of the same id give theirs" has "role: ${stem}_{id} # 1 role"
check "policies give the setting" has "setting: shop.tenant # 1 policy"
check "more than twenty findings are one waiver" has ": 30 findings, the first: public.junk1 "
check "the waivers cover what is broken" only_ledger_broken
check "the ledger is not waived" lacks "clause: contract.ledger"

cp contract.yaml before.yaml
refuse "an existing contract stays" 4 "--yes" "$pgcontract" init --from env:MESSY
check "it is as it was" cmp contract.yaml before.yaml
check "it is written over on --yes" "$pgcontract" --yes init --from env:EMPTY --name fresh
check "an empty database gives the schema to be made" has "name: fresh # no schema with tables"
check "how to switch tenancy on is there" has "#   schema: tenant_{id}"
check "the contract of an empty database is kept" only_ledger_broken

(umask 077; printf '%s\n' "$MESSY" >dsn)
check "a file is named from the contract's directory" "$pgcontract" init --from file:dsn --output ops/contract.yaml
check "so are files that were found" has 'config: "../api/alembic.ini" # 1 table' ops/contract.yaml
check "the DSN is found from there" has "dsn_from: file:../dsn" ops/contract.yaml
check "the contract elsewhere is kept" only_ledger_broken --contract ops/contract.yaml

refuse "--from is needed" 2 "--from env:DATABASE_URL" "$pgcontract" init
refuse "a DSN on the command line is refused" 2 "secrets do not belong" "$pgcontract" init --from postgresql://u:hunter2@h/d
check "and not repeated" lacks hunter2 log
refuse "a bad name is refused" 2 "--name must be" "$pgcontract" init --from env:EMPTY --name "Bad Name" --output x.yaml
refuse "a missing directory is named" 4 "mkdir -p no/such" "$pgcontract" init --from env:EMPTY --output no/such/c.yaml
refuse "a device is not written over" 4 "not a regular file" "$pgcontract" --yes init --from env:EMPTY --output /dev/null
check "failures leave nothing" sh -c '! ls x.yaml'
