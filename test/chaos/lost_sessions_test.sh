#!/usr/bin/env bash
# An administrator ends apply's sessions while it runs: the working ones, and the one that holds lock and journal.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A"
for i in 1 2 3 4 5 6 7 8; do
  sql "INSERT INTO pgcontract.tenant (id, display_name) VALUES ('aaaaaaaa-0000-4000-8000-00000000000$i', 'tenant $i')"
done
# Ends every working session it meets, six times at most.
sql "DO \$\$ DECLARE ended int := 0; BEGIN
       WHILE ended < 6 LOOP
         ended := ended + (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                           WHERE application_name = 'pgcontract apply' AND state <> 'idle');
         PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.005);
       END LOOP;
     END \$\$" 2>/dev/null &
STARTED+=("$!")
until_true "the ender is at work" "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active')"
CODE=0
pgc apply >"$OUT" 2>"$ERR" </dev/null || CODE=$?
case $CODE in
  0) ;;
  3 | 4) says "ended the session" ;;
  *) fail "an apply whose sessions are ended ends with 0, or says so" ;;
esac
sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %' AND pid <> pg_backend_pid()" >/dev/null
grep -q "due to administrator command" "$CLUSTER/server.log" || fail "a session was ended at work"
runs 0 pgc apply
runs 0 pgc verify
journal_is_closed
equals "every tenant has its schema" 9 "$(sql "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant!_%' ESCAPE '!'")"
snapshot "$WORK/whole"
ok "apply outlives the end of its working sessions, or says so and the next completes it"

damage() {
  sql "ALTER TABLE stratmaster_api.agents_runs NO FORCE ROW LEVEL SECURITY;
       ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY"
}
end_journal() {
  sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgcontract journal'" >/dev/null
  until_true "the journal's session is gone" \
    "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgcontract journal')"
}

damage
hold stratmaster_api.agents_runs
in_background apply --lock-timeout 60000
apply_waits
end_journal
let_go
ends_with "an apply that lost its lock" 4 "$PID"
says "error" "terminating connection due to administrator command"
runs 0 pgc apply
journal_is_closed
snapshot "$WORK/found"
same_files "the next apply completes it" "$WORK/whole" "$WORK/found"
ok "an apply that lost its lock and journal says so, and the next completes it"

# Another apply takes over while the first is out of it: when that wakes up, it must not go on with its step.
damage
hold stratmaster_api.agents_runs
in_background apply --lock-timeout 60000
apply_waits
kill -STOP "$PID"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgcontract %'" >/dev/null
until_true "both of its sessions are gone" \
  "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'pgcontract %')"
let_go
runs 0 pgc apply
snapshot "$WORK/found"
same_files "the apply that took over does it all" "$WORK/whole" "$WORK/found"
damage # so that the first one's step would be needed again
kill -CONT "$PID"
ends_with "the apply that was overtaken" 4 "$PID"
says "another apply took over this database"
equals "it kept nothing of its step" f \
  "$(sql "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'stratmaster_api.agents_runs'::regclass")"
runs 0 pgc apply
journal_is_closed
ok "an apply that was overtaken keeps nothing of the step it was in"

done_testing
