#!/usr/bin/env bash
# A role that may log in and no more: what it cannot see is unknown and says why; what it may not do fails clearly.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A"
sql "CREATE ROLE auditor LOGIN PASSWORD 'auditor'"
sql "GRANT CONNECT ON DATABASE stratmaster TO auditor"
snapshot "$WORK/whole"
export DATABASE_URL
DATABASE_URL=postgresql://auditor:auditor@127.0.0.1:$(port)/stratmaster

CODE=0
pgc --env ci --format json verify >"$OUT" 2>"$ERR" </dev/null || CODE=$?
[ "$CODE" = 0 ] || [ "$CODE" = 1 ] || fail "verify as a weak role ends with 0 or 1"
for clause in contract.ledger tenancy.schema_per_tenant tenancy.role_per_tenant migrations.at_head migrations.tenants_in_step; do
  case $(verdict $clause) in
    unknown) equals "$clause says why" True \
      "$(json "'permission denied' in next(c['reason'] for c in r['verdicts']['clauses'] if c['clause'] == '$clause')")" ;;
    holds) [ $clause = contract.ledger ] || fail "$clause holds for a role that cannot know" ;;
    *) fail "$clause is broken for a role that cannot know" ;;
  esac
done
equals "what the catalog shows to everybody is judged" "holds holds" "$(verdict schema.owner) $(verdict tenancy.rls_forced)"
ok "verify as a weak role: what it cannot read is unknown, with the server's reason; the rest is judged"

for command in plan apply "tenant add $TENANT_B" "tenant list" status "reset --yes"; do
  CODE=0
  # shellcheck disable=SC2086 # words of one command
  pgc --env ci $command >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  [ "$CODE" -lt 5 ] || fail "$command as a weak role does not end as a bug ($CODE)"
done
unset DATABASE_URL
snapshot "$WORK/after"
same_files "a weak role changes nothing" "$WORK/whole" "$WORK/after"
runs 0 pgc verify
ok "plan, apply, tenant add and reset as a weak role end well and change nothing"

done_testing
