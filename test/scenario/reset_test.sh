#!/usr/bin/env bash
# reset, and the Make targets of contract.md: on the embedded cluster and on any DSN alike.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A"
snapshot "$WORK/whole"
sql "INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$TENANT_A', 'gone after reset')"
rows() { sql "SELECT count(*) FROM stratmaster_api.reports"; }

runs 2 pgc reset
says "--yes" "stratmaster_api"
equals "reset without an answer drops nothing" 1 "$(rows)"
runs 0 pgc reset --yes
equals "reset drops the rows" 0 "$(rows)"
snapshot "$WORK/after"
same_files "reset recreates what it dropped, tenants too" "$WORK/whole" "$WORK/after"
runs 0 pgc verify
runs 0 pgc apply
says "nothing to change"
ok "reset drops and recreates the schemas, and the contract holds"

runs 2 pgc --env production reset --yes
says "production"
ok "reset refuses a production environment"

# targets ENV: migrate, db.psql and db.reset as a developer types them.
targets() {
  local make=(make --no-print-directory -C "$HOME_DIR" "PGCONTRACT=$PROGRAM" "ENV=$1")
  sql "DROP SCHEMA stratmaster_api CASCADE; CREATE SCHEMA stratmaster_api AUTHORIZATION pgc_owner"
  runs 0 "${make[@]}" migrate
  says "migrations.at_head"
  equals "make migrate leaves every shared table protected" 0 "$(sql "SELECT count(*) FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' WHERE c.relkind IN ('r', 'p')
    AND c.relnamespace = 'stratmaster_api'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)")"
  runs 0 "${make[@]}" migrate
  says "nothing to change"
  runs 0 "${make[@]}" db.psql "ARGS=-- -XAtc 'SELECT current_database()'"
  says stratmaster
  runs 2 "${make[@]}" db.reset # make turns the 2 of pgcontract into its own
  runs 0 "${make[@]}" db.reset ARGS=--yes
  runs 0 "${make[@]}" verify
}
targets local
ok "make migrate, db.psql and db.reset work on the embedded cluster"
DATABASE_URL=$(dsn)
export DATABASE_URL
targets ci
ok "make migrate, db.psql and db.reset work on the DSN of an environment variable"

# The same cluster through a DSN is the same contract: nothing depends on how it was reached.
runs 0 pgc --env ci apply
says "nothing to change"
runs 0 pgc --env ci verify --format json
equals "verify judges every clause alike over TCP" 0 "$(json 'r["verdicts"]["broken"]')"
runs 2 pgc --env ci up
says "is not embedded"
runs 2 pgc --env ci down --remove --yes
says "is not embedded"
ok "up and down leave a server alone that is not theirs"

done_testing
