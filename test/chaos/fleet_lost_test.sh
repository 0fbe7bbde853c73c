#!/usr/bin/env bash
# What the fleet loses: the answer of a COMMIT, at each message of a run, and the lock, to somebody else. Nothing runs
# twice, and nothing is begun without the lock.
#   fleet_lost_test.sh PROGRAM [MESSAGES]
PROGRAM=$1
messages=${2:-9}
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/../scenario/fleet_lib.sh"

up_and_apply
many_tenants 30
one=$(tenant_number 29)
schema=tenant_$(hex "$one")
revision counter "$HEAD" 'op.execute("CREATE TABLE agents_n (n int NOT NULL)")
op.execute("INSERT INTO agents_n VALUES (0)")'
runs 0 pgc migrate up --skip-proof
revision counts counter 'op.execute("UPDATE agents_n SET n = n + 1")
with op.get_context().autocommit_block():
    op.execute("UPDATE agents_n SET n = n + 10")
    op.execute("CREATE INDEX CONCURRENTLY ix_counts ON agents_n (n)")
op.execute("UPDATE agents_n SET n = n + 100")'
back() {
  sql "UPDATE $schema.alembic_version SET version_num = 'counter'; UPDATE $schema.agents_n SET n = 0;
    DROP INDEX IF EXISTS $schema.ix_counts"
}

begin_gate
gated -- migrate up --skip-proof --tenants "$one"
[ "$CODE" = 0 ] || fail "migrate up works through the gate"
equals "each statement counts once" 111 "$(sql "SELECT n FROM $schema.agents_n")"
count=$(sed -n 1p "$WORK/count")
went_on=0
for ((i = count - messages; i < count; ++i)); do
  back
  gated --cut "$i" --after -- migrate up --skip-proof --tenants "$one"
  [ "$CODE" != 0 ] || went_on=$((went_on + 1))
  runs 0 pgc migrate up --tenants "$one" --skip-proof
  equals "message $i of $count, whose answer was lost, ran once" "111 counts 1" "$(sql "SELECT n FROM $schema.agents_n") $(
    rows_of "$one") $(sql "SELECT count(*) FROM pg_index WHERE indexrelid = '$schema.ix_counts'::regclass AND indisvalid")"
done
ok "an answer that was lost is found out and nothing runs twice ($messages messages, $went_on runs went on)"

sql "ALTER TABLE pgcontract.job_step RENAME TO hidden" # no journal: no marks either
back
gated --cut $((count - 4)) --after -- migrate up --skip-proof --tenants "$one"
sql "ALTER TABLE pgcontract.hidden RENAME TO job_step"
[ "$CODE" != 0 ] || equals "it knew" 111 "$(sql "SELECT n FROM $schema.agents_n")"
[ "$CODE" = 0 ] || says "error"
ok "without a journal nothing is guessed"
back
runs 0 pgc migrate up --skip-proof

# The lock is lost, and another has it: nobody is begun until it is back.
revision slow counts 'op.execute("SELECT pg_sleep(0.3)")
op.execute("UPDATE agents_n SET n = n + 1")'
at_slow() { sql "SELECT count(*) FROM pg_stat_user_tables s, LATERAL (SELECT 1 FROM
  pg_catalog.query_to_xml(format('SELECT 1 FROM %I.alembic_version WHERE version_num = ''slow''', schemaname), true, true, '') x
  WHERE x::text LIKE '%row%') y WHERE relname = 'alembic_version'"; }
takes_the_lock() { # for SECONDS
  sql "SET application_name = 'thief';
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgcontract journal';
    SELECT pg_advisory_lock(1885823860, 1); SELECT pg_sleep($1)" >/dev/null &
  THIEF=$!
  STARTED+=("$THIEF")
  until_true "somebody else has the lock" "EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'thief')"
}
begun() {
  until_true "the fleet is on its way" "EXISTS (SELECT FROM pg_stat_activity
    WHERE application_name = 'pgcontract migrate' AND query LIKE '%pg_sleep(0.3)%')"
  sleep 1
}
in_background migrate up --skip-proof --workers 1 --wait 60
begun
takes_the_lock 8
sleep 2 # noticed within half a second, and what was under way is finished
before=$(at_slow)
sleep 2
equals "nobody is begun without the lock" "$before" "$(at_slow)"
[ "$before" -lt 30 ] || fail "the lock was lost in the middle"
ends_with "once the lock is back, the run" 0 "$PID"
says "30 done, 0 failed"
equals "the journal says so as well" 30 "$(sql "SELECT count(*) FROM pgcontract.job_step s JOIN pgcontract.job j
  ON j.id = s.job WHERE s.state = 'done' AND j.started_at = (SELECT max(started_at) FROM pgcontract.job)")"
wait "$THIEF" || true
ok "a run whose lock was lost waits until it has it again"

runs 0 pgc migrate down --tenants all --yes --skip-proof counts
in_background migrate up --skip-proof --workers 1 --wait 1
begun
takes_the_lock 8
ends_with "a run that does not get it back" 3 "$PID"
says "the lock was lost and another apply has it" "not run"
wait "$THIEF" || true
runs 0 pgc migrate up --skip-proof
equals "all are there" 30 "$(at_slow)"
ok "a run that does not get its lock back stops, and the next one goes on"

done_testing
