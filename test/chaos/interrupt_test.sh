#!/usr/bin/env bash
# Ctrl-C: the first lets the step at hand finish, the second gives up at once; reading commands end on the first.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

# A revision that reads what it finds is left to Alembic.
sed -i 's/^def upgrade.*/&\n    op.get_bind().exec_driver_sql("SELECT 1").fetchall()/' \
  "$HOME_DIR"/packages/api/stratmaster_api/migrations/application/versions/48ad1139c5a6_*.py
up_and_apply "$TENANT_A"
snapshot "$WORK/whole"
broken_steps() {
  sql "ALTER TABLE stratmaster_api.agents_runs NO FORCE ROW LEVEL SECURITY;
       ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY;
       DROP POLICY tenant_role_binding ON stratmaster_api.research_sources"
}
interrupted() { kill -INT "$PID"; }
# ended_within MS WHAT: from the signal just sent to the end of the program.
ended_within() {
  local start
  start=$(date +%s%3N)
  ends "$PID"
  local took=$(($(date +%s%3N) - start))
  [ "$took" -le "$1" ] || fail "$2 ends within $1 ms (it took $took ms)"
}

broken_steps
hold stratmaster_api.agents_runs
in_background apply --lock-timeout 60000
apply_waits
interrupted
sleep 0.3
kill -0 "$PID" || fail "the first SIGINT does not end the step at hand"
let_go
ends_with "an interrupted apply" 3 "$PID"
says "not run" "1 done"
equals "the step at hand was finished" t \
  "$(sql "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'stratmaster_api.agents_runs'::regclass")"
equals "the next one was not begun" f \
  "$(sql "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'stratmaster_api.reports'::regclass")"
equals "the journal says interrupted" interrupted \
  "$(sql "SELECT state FROM pgcontract.job ORDER BY started_at DESC LIMIT 1")"
runs 0 pgc apply
snapshot "$WORK/found"
same_files "the next apply completes it" "$WORK/whole" "$WORK/found"
ok "the first SIGINT lets the step at hand finish, says what was not run, and the next apply completes it"

broken_steps
hold stratmaster_api.agents_runs
in_background apply --lock-timeout 60000
apply_waits
interrupted
sleep 0.3
interrupted
ended_within 2000 "an apply interrupted twice"
[ "$CODE" -ne 0 ] && [ "$CODE" -ne 70 ] && [ "$CODE" -lt 128 ] || fail "an apply interrupted twice ends with 3 or 4"
says "stopped"
until_true "its statement is cancelled on the server too" "NOT EXISTS (SELECT FROM pg_stat_activity
  WHERE application_name IN ('pgcontract apply', 'pgcontract journal'))"
let_go
runs 0 pgc apply
journal_is_closed
snapshot "$WORK/found"
same_files "the next apply completes it" "$WORK/whole" "$WORK/found"
ok "the second SIGINT gives up at once, on the server too, and the next apply completes it"

# The same while Alembic is at work: it is a child of its own.
revision=$(sql "SELECT version_num FROM stratmaster_api.alembic_version")
PGPASSWORD=$(password) PGOPTIONS="-c role=pgc_owner -c search_path=stratmaster_api" \
  DATABASE_URL="postgresql://postgres@127.0.0.1:$(port)/stratmaster" \
  runs 0 alembic -c "$HOME_DIR/packages/api/alembic.ini" -n alembic downgrade -1
hold stratmaster_api.alembic_version "ACCESS EXCLUSIVE"
in_background apply --lock-timeout 60000
# reading the version tables waits first, for the catalog; that is apply's own session
until_true "apply waits" "EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'pgcontract%'
  AND wait_event_type = 'Lock')"
interrupted
sleep 0.3 # two signals of a kind at once are one
interrupted
ended_within 2000 "an apply interrupted twice while it reads"
let_go
hold stratmaster_api.agents_tasks
in_background apply --lock-timeout 60000
until_true "Alembic waits for the lock" "EXISTS (SELECT FROM pg_stat_activity
  WHERE application_name LIKE 'alembic%' AND wait_event_type = 'Lock')"
interrupted
sleep 0.3
kill -0 "$PID" || fail "the first SIGINT lets Alembic finish"
interrupted
ended_within 3000 "an apply interrupted twice while Alembic runs"
until_true "Alembic is gone" "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'alembic%')"
let_go
runs 0 pgc apply
equals "the next apply migrates" "$revision" "$(sql "SELECT version_num FROM stratmaster_api.alembic_version")"
journal_is_closed
ok "Alembic finishes on the first SIGINT and is ended by the second"

hold pgcontract.tenant "ACCESS EXCLUSIVE"
in_background verify
until_true "verify waits" "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgcontract'
  AND wait_event_type = 'Lock')"
interrupted
ended_within 1000 "an interrupted verify"
[ "$CODE" -ne 0 ] && [ "$CODE" -ne 70 ] && [ "$CODE" -lt 128 ] || fail "an interrupted verify does not end well"
says "stopped by the user"
let_go
runs 0 pgc verify
ok "SIGINT ends verify within a second"

done_testing
