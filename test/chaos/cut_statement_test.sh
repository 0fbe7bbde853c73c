#!/usr/bin/env bash
# The connection cut at a statement, before it reaches the server and before its answer comes back: verify says so,
# apply goes on by connecting again or fails clearly, and the next apply completes it.
#   cut_statement_test.sh PROGRAM [EVERY]      every EVERY-th statement of a look; 1 for all of them
PROGRAM=$1
every=${2:-34}
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B"
snapshot "$WORK/whole"
begin_gate
damage() {
  sql "ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY; GRANT SELECT ON stratmaster_api.reports TO PUBLIC;
       ALTER ROLE app_tenant_$(hex "$TENANT_A") IN DATABASE stratmaster RESET ALL;
       ALTER ROLE app_tenant_$(hex "$TENANT_B") IN DATABASE stratmaster RESET ALL"
  # Its migrations take Alembic a second to render.
  [ "$every" -gt 1 ] || sql "DROP SCHEMA tenant_$(hex "$TENANT_B") CASCADE"
}

gated -- verify
[ "$CODE" = 0 ] || fail "verify works through the gate"
statements=$(head -1 "$WORK/count")
[ "$statements" -gt 10 ] || fail "verify sends statements"
cuts=0
for ((n = 1; n <= statements; n += every)); do
  for how in "" --after; do
    # shellcheck disable=SC2086 # no word where there is none
    gated --cut "$n" $how -- verify
    [ "$CODE" = 4 ] || fail "verify with its connection cut at statement $n of $statements ${how:-before} ends with 4"
    says "error"
    cuts=$((cuts + 1))
  done
done
runs 0 pgc verify
ok "verify fails clearly wherever its connection is cut ($cuts cuts at $statements statements)"

damage
gated -- apply
[ "$CODE" = 0 ] || fail "apply works through the gate"
looked=$statements statements=$(head -1 "$WORK/count")
cuts=0 completed=0
# Between the two looks are the lock, the journal and the steps, a message or two each: there every third is cut.
for ((n = 1; n <= statements; ++n)); do
  ((n % (n > looked && n < statements - looked && every > 3 ? 3 : every) == 0)) || continue
  for how in "" --after --for-good; do
    damage
    # shellcheck disable=SC2086
    gated --cut "$n" $how -- apply
    case $CODE in
      0) completed=$((completed + 1)) ;;
      3 | 4) says "error" ;;
      *) fail "apply cut at statement $n of $statements ${how:-before} ends with 0, 3 or 4" ;;
    esac
    runs 0 pgc apply
    runs 0 pgc verify
    journal_is_closed
    cuts=$((cuts + 1))
  done
done
snapshot "$WORK/found"
same_files "after all that the catalog is what it was" "$WORK/whole" "$WORK/found"
[ "$completed" -gt 0 ] || fail "some cut applies complete by connecting again"
ok "wherever apply's connection is cut, it or the next one completes ($cuts cuts at $statements statements, $completed went on)"

done_testing
