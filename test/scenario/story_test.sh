#!/usr/bin/env bash
# The demo's story: a bare cluster, plan, apply, three tenants, the contract holds; doing it again changes nothing.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up
says "was created and started"
runs 0 pgc up
says "was running already"
ok "up starts a private cluster, and leaves a running one alone"

runs 1 pgc plan
says "CREATE ROLE pgc_owner" "alembic" "tenancy.guard_function"
runs 1 pgc --format json plan
[ "$(json 'len(r["plan"]["steps"])')" -gt 10 ] || fail "the plan of a bare cluster has many steps"
runs 1 pgc verify
says "tenancy.design_roles"
ok "plan and verify on a bare cluster say what is missing and end with 1"

runs 1 pgc apply --dry-run
equals "a dry run changes nothing" 0 "$(sql "SELECT count(*) FROM pg_roles WHERE rolname = 'pgc_owner'")"
ok "apply --dry-run changes nothing"

runs 0 pgc apply
says "0 failed" "pgcontract verify"
for tenant in "$TENANT_A Acme" "$TENANT_B Globex" "$TENANT_C Initech"; do
  runs 0 pgc tenant add "${tenant%% *}" --display-name "${tenant#* }"
  says "tenant_$(hex "${tenant%% *}")"
done
ok "apply brings the cluster to the contract and three tenants are onboarded"

runs 0 pgc verify
says "the contract holds as far as it was judged" "3 tenants"
runs 0 pgc verify --format json
equals "no clause is broken" 0 "$(json 'r["verdicts"]["broken"]')"
equals "the waiver is counted" 1 "$(json 'r["verdicts"]["waived"]')"
equals "every unknown clause says why" 0 \
  "$(json 'sum(1 for c in r["verdicts"]["clauses"] if c["verdict"] == "unknown" and not c["reason"])')"
runs 0 pgc verify --clause tenancy,schema.owner
hides "server.version"
runs 2 pgc verify --clause tenancy.rls_forcd
says "tenancy.rls_forced"
ok "the contract holds"

snapshot "$WORK/before"
runs 0 pgc apply
says "nothing to change"
runs 0 pgc plan
runs 0 pgc tenant add "$TENANT_B" --display-name Other
says "is there already; nothing was changed"
snapshot "$WORK/after"
same_files "a second apply and a second tenant add leave the catalog as it was" "$WORK/before" "$WORK/after"
ok "a second apply changes nothing"

runs 0 pgc tenant list
says "Acme" "Globex" "Initech" "tenant_$(hex "$TENANT_C")"
runs 0 pgc --format json tenant list
equals "three tenants are listed by id" "$TENANT_A $TENANT_B $TENANT_C" \
  "$(json '" ".join(t["id"] for t in r["tables"]["tenants"])')"
runs 0 pgc tenant show "$(hex "$TENANT_A")"
says "Acme" "app_tenant_$(hex "$TENANT_A")" "no clause has a finding on this tenant"
runs 4 pgc tenant show 99999999-9999-4999-8999-999999999999
says "there is no tenant"
runs 2 pgc tenant show 99999999-9999
runs 2 pgc tenant add not-a-uuid
ok "tenants are listed and shown; a name that is no uuid is refused"

runs 0 pgc status
says "local" "under_contract  yes" "tenant add done"
runs 0 pgc explain tenancy.rls_forced
says "## The contract says" "## Example"
ok "status and explain tell"

formats=0
for command in verify plan apply status "tenant list" "tenant show $TENANT_A" "explain tenancy.grants" "explain --list"; do
  # shellcheck disable=SC2086 # words of one command
  runs 0 pgc --format json $command
  /usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" >"$WORK/schema" ||
    { cat "$WORK/schema"; fail "$command --format json keeps doc/report.schema.json"; }
  equals "$command: the schema's name" pgcontract.report/1 "$(json 'r["schema"]')"
  # shellcheck disable=SC2086
  runs 0 pgc --format markdown $command
  # shellcheck disable=SC2086
  runs 0 pgc --format junit $command
  /usr/bin/python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' "$OUT" || fail "$command: JUnit is XML"
  # shellcheck disable=SC2086
  runs 0 pgc --format sarif $command
  equals "$command: SARIF's version" 2.1.0 "$(json 'r["version"]')"
  formats=$((formats + 1))
done
ok "$formats commands print JSON that keeps the published schema, and JUnit, SARIF and Markdown"

runs 0 pgc down
says "its data is kept"
runs 4 pgc verify
says "is not running" "pgcontract up"
runs 0 pgc up
runs 0 pgc verify
runs 2 pgc down --remove
says "--yes"
runs 0 pgc down --remove --yes
runs 0 pgc down
says "there is no cluster"
[ ! -e "$HOME_DIR/.pgcontract" ] || fail "down --remove leaves no file behind"
ok "down keeps the data; down --remove asks, and then leaves nothing behind"

done_testing
