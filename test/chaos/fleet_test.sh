#!/usr/bin/env bash
# migrate up is killed, cut off, its server restarted, its disk filled: the next run always reaches the same end, and no
# tenant is ever migrated twice or by half.
#   fleet_test.sh PROGRAM [MOMENTS]
PROGRAM=$1
moments=${2:-4}
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/../scenario/fleet_lib.sh"

up_and_apply
many_tenants 60
# Slow enough to be hit in the middle; a second part outside of a transaction, so that parts are lost too.
revision slow "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN slow text")
op.execute("SELECT pg_sleep(0.02)")
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix_slow ON research_projects (slow)")
op.execute("ALTER TABLE research_notes ADD COLUMN slow text")' 'op.execute("ALTER TABLE research_notes DROP COLUMN slow")
op.execute("DROP INDEX ix_slow")
op.execute("ALTER TABLE research_projects DROP COLUMN slow")'

halves() {
  sql "SELECT count(*) FROM pg_namespace n WHERE n.nspname LIKE 'tenant\_%' AND
    (SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = n.oid
       AND c.relkind = 'r' AND a.attname = 'slow' AND NOT a.attisdropped) +
    (SELECT count(*) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid AND i.indisvalid
       WHERE c.relnamespace = n.oid AND c.relname = 'ix_slow') <> $1"
}
whole() {
  runs 0 pgc migrate up
  equals "$1: everyone is at the target" 60 "$(at slow)"
  equals "$1: nobody is half migrated" 0 "$(halves 3)"
  equals "$1: no index is invalid" 0 "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")"
  equals "$1: no job is left running" 0 "$(sql "SELECT count(*) FROM pgcontract.job WHERE state = 'running'")"
  runs 0 pgc migrate up
  says "nothing to change"
}
back() {
  runs 0 pgc migrate down --tenants all --yes "$HEAD"
  equals "nothing is left of it" 0 "$(halves 0)"
}
half_way() {
  until_true "the fleet is half way" "(SELECT count(*) > $1 FROM pg_class WHERE relname = 'ix_slow')"
}

whole "undisturbed"
back
killed=0
for ((i = 1; i <= moments; ++i)); do
  in_background migrate up --skip-proof
  half_way $((i * 50 / (moments + 1)))
  kill -9 "$PID" 2>/dev/null && killed=$((killed + 1))
  ends "$PID"
  whole "killed at $((i * 50 / (moments + 1))) of 60"
  back
done
[ "$killed" -gt 0 ] || fail "a run was killed before its end"
ok "after kill -9 at $killed moments the next run reaches the same end"

in_background migrate up --skip-proof
half_way 10
for _ in 1 2 3; do
  sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'pgcontract migrate%' OR application_name = 'pgcontract journal'" >/dev/null
  sleep 0.3
done
ends "$PID"
[ "$CODE" -eq 0 ] || says "not run"
whole "with its sessions ended, the lock's among them"
back
ok "sessions that are ended are opened again, or the next run goes on"

in_background migrate up --skip-proof
half_way 10
"$SERVER_PROGRAMS/pg_ctl" --version >/dev/null
kill -9 "$(head -1 "$CLUSTER/data/postmaster.pid")"
sleep 1
up
ends "$PID"
whole "with the server killed and started again"
back
ok "a server that crashes and comes back loses nothing"

in_background migrate up --skip-proof
half_way 10
kill -INT "$PID"
ends_with "an interrupted run" 3 "$PID"
says "stopped by the user" "not run"
equals "what was under way was finished" 0 "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")"
whole "interrupted"
ok "the first interrupt finishes what is under way"

done_testing
