#!/usr/bin/env bash
# The fleet's connections are cut in the middle of what they send, at many counts of bytes, and its builds of an index
# are killed while they wait: the next run always reaches the same end.
#   fleet_cut_test.sh PROGRAM [CUTS]
PROGRAM=$1
cuts=${2:-8}
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/../scenario/fleet_lib.sh"

up_and_apply
many_tenants 8
revision cut "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN cut text")
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix_cut ON research_projects (cut)")
op.execute("ALTER TABLE research_notes ADD COLUMN cut text")' 'op.execute("ALTER TABLE research_notes DROP COLUMN cut")
op.execute("DROP INDEX ix_cut")
op.execute("ALTER TABLE research_projects DROP COLUMN cut")'
whole() {
  runs 0 pgc migrate up
  equals "$1: everyone is at the target" 8 "$(at cut)"
  equals "$1: everyone has all of it" "16 8" "$(sql "SELECT count(*) FROM pg_attribute WHERE attname = 'cut'
    AND NOT attisdropped AND attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')") $(
    sql "SELECT count(*) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid AND i.indisvalid WHERE relname = 'ix_cut'")"
  equals "$1: no index is invalid" 0 "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")"
}
back() { runs 0 pgc migrate down --tenants all --yes --skip-proof "$HEAD"; }

begin_gate
gated -- migrate up --skip-proof
[ "$CODE" = 0 ] || fail "migrate up works through the gate"
bytes=$(sed -n 2p "$WORK/count")
[ "$bytes" -gt 5000 ] || fail "the fleet sends something"
back
went_on=0
for ((i = 1; i <= cuts; ++i)); do
  at=$((bytes * i / (cuts + 1)))
  gated --cut-bytes "$at" -- migrate up --skip-proof
  case $CODE in
    0) went_on=$((went_on + 1)) ;;
    3 | 4) says "error" ;;
    *) fail "migrate up cut at byte $at of $bytes ends with 0, 3 or 4" ;;
  esac
  whole "cut at byte $at of $bytes"
  back
done
ok "wherever a connection is cut, the run or the next one completes ($cuts cuts in $bytes bytes, $went_on went on)"

# Nothing but an index: the build is where it waits.
forget cut_test.py
revision build "$HEAD" 'with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix_build ON research_projects (name)")' 'op.execute("DROP INDEX ix_build")'
built() {
  runs 0 pgc migrate up
  equals "$1: everyone is at the target" 8 "$(at build)"
  equals "$1: every index is valid" "8 0" "$(sql "SELECT count(*) FILTER (WHERE i.indisvalid) || ' ' ||
    count(*) FILTER (WHERE NOT i.indisvalid) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
    WHERE relname LIKE 'ix_build%'")"
  back
}
building() {
  until_true "the index waits" "EXISTS (SELECT FROM pg_stat_progress_create_index WHERE phase LIKE '$1')"
}
# kill -9 while the build waits for writers: its server process goes on and builds what nobody waits for.
hold "tenant_$(hex "$(tenant_number 5)").research_projects" "ROW EXCLUSIVE"
in_background migrate up --skip-proof --lock-timeout 60000
building "waiting for writers%"
kill -9 "$PID"
ends "$PID"
let_go
built "killed while the build waits for writers"
# The same while it waits for old snapshots: the index is ready for writes, and not valid.
sql "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; SELECT pg_sleep(120)" >/dev/null 2>&1 &
STARTED+=("$!")
snapshot="query LIKE '%pg_sleep(120)%' AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"
until_true "the snapshot is taken" "EXISTS (SELECT FROM pg_stat_activity WHERE $snapshot)"
in_background migrate up --skip-proof --lock-timeout 60000
building "waiting for old snapshots%"
kill -9 "$PID"
ends "$PID"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index" >/dev/null
[ "$(sql "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid")" = t ] || fail "an invalid index is left behind"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $snapshot" >/dev/null
built "killed while the build waits for old snapshots"
ok "an index whose build was killed is dropped and built again"

done_testing
