#!/usr/bin/env bash
# A server older than 14: verify says so and judges nothing else, and nothing is changed on it.
#   PGCONTRACT_POSTGRES_BIN=… test/matrix/too_old_test.sh PROGRAM MAJOR
PROGRAM=$1 MAJOR=$2
source "$(dirname "$0")/../scenario/lib.sh"

up
equals "the server is of this version" "$MAJOR" "$(($(sql "SHOW server_version_num") / 10000))"
runs 1 pgc verify
says "runs PostgreSQL $MAJOR." "the contract asks for 14 or newer" "the server is older than 14"
runs 1 pgc verify --format json
equals "one clause is broken" server.version \
  "$(json '" ".join(c["clause"] for c in r["verdicts"]["clauses"] if c["verdict"] == "broken")')"
equals "no clause holds that was not judged" "" \
  "$(json '" ".join(c["clause"] for c in r["verdicts"]["clauses"] if c["verdict"] in ("holds", "waived"))')"
ok "verify says that PostgreSQL $MAJOR is too old, and judges nothing else"

runs 1 pgc apply
says "the contract asks for 14 or newer"
runs 4 pgc tenant add "$TENANT_A"
equals "no role is made" "" "$(sql "SELECT rolname FROM pg_roles WHERE rolname !~ '^(pg_|postgres)'")"
equals "no schema is made" public "$(sql "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information'")"
ok "apply and tenant add change nothing on PostgreSQL $MAJOR"

done_testing
