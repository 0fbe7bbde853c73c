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
op.execute("SELECT pg_sleep(0.15)")
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
  in_background migrate up --skip-proof --workers 2
  half_way $((i * 50 / (moments + 1)))
  kill -9 "$PID" 2>/dev/null || true
  ends "$PID"
  [ "$CODE" -ne 137 ] || killed=$((killed + 1))
  whole "killed at $((i * 50 / (moments + 1))) of 60"
  back
done
[ "$killed" -gt 1 ] || fail "most runs were killed before their end ($killed were)"
ok "after kill -9 at $killed moments the next run reaches the same end"

in_background migrate up --skip-proof --workers 2
half_way 10
for _ in 1 2 3; do
  sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name IN ('pgcontract migrate', 'pgcontract journal')" >/dev/null
  sleep 0.3
done
ends "$PID"
[ "$CODE" -eq 0 ] || says "not run"
whole "with its sessions ended, the lock's among them"
back
ok "sessions that are ended are opened again, or the next run goes on"

in_background migrate up --skip-proof --workers 2
half_way 10
# SIGQUIT: an immediate shutdown, which is a crash to everybody connected, and to the log.
kill -QUIT "$(head -1 "$CLUSTER/data/postmaster.pid")"
until [ ! -e "$CLUSTER/data/postmaster.pid" ]; do sleep 0.1; done
up
ends "$PID"
whole "with the server killed and started again"
back
ok "a server that crashes and comes back loses nothing"

in_background migrate up --skip-proof --workers 2
half_way 10
kill -INT "$PID"
ends_with "an interrupted run" 3 "$PID"
says "stopped by the user" "not run"
equals "what was under way was finished" 0 "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")"
whole "interrupted"
ok "the first interrupt finishes what is under way"

disk=$WORK/disk
mkdir "$disk"
if mount -t tmpfs -o size=2m,mode=755 tmpfs "$disk" 2>/dev/null; then
  # The server must be gone before its disk can be; `down --remove` of the library comes after.
  CLEANUPS+=("(cd '$HOME_DIR' && '$PROGRAM' --contract contract.first.yaml down)" "umount '$disk'")
  mkdir "$disk/space"
  chown "$(stat -c %u:%g "$CLUSTER/data")" "$disk/space"
  sql "CREATE TABLESPACE small LOCATION '$disk/space'"
  sql "GRANT CREATE ON TABLESPACE small TO pgc_owner"
  revision large slow 'op.execute("CREATE TABLE agents_large (x text) TABLESPACE small")
op.execute("INSERT INTO agents_large SELECT repeat(chr(120), 1000) FROM generate_series(1, 100)")' \
    'op.execute("DROP TABLE agents_large")'
  runs 3 pgc migrate up --skip-proof
  says "the server's disk is full" "No space left on device" "not run"
  equals "who has the table is where the rows say" "$(at large)" \
    "$(sql "SELECT count(*) FROM pg_class WHERE relname = 'agents_large'")"
  mount -o remount,size=64m "$disk"
  runs 0 pgc migrate up
  equals "with room again, everyone is there" 60 "$(at large)"
  ok "a full disk stops the run, and the next one goes on"
fi

done_testing
