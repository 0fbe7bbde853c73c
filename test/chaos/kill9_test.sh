#!/usr/bin/env bash
# kill -9 of apply and of tenant add at moments spread over their whole run: the next one reaches the same end.
#   kill9_test.sh PROGRAM [MOMENTS]
PROGRAM=$1
moments=${2:-5}
source "$(dirname "$0")/lib.sh"

milliseconds() { date +%s%3N; }
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

up
keep_as_template
up
start=$(milliseconds)
runs 0 pgc apply
apply_ms=$(($(milliseconds) - start))
start=$(milliseconds)
runs 0 pgc tenant add "$TENANT_A"
add_ms=$(($(milliseconds) - start))
snapshot "$WORK/wanted"
sql "SELECT version_num FROM stratmaster_api.alembic_version; SELECT count(*) FROM stratmaster_demo.research_sources" \
  >"$WORK/wanted.rows" 2>/dev/null || sql "SELECT version_num FROM stratmaster_api.alembic_version" >"$WORK/wanted.rows"
ok "undisturbed, apply took $(seconds $apply_ms) s and tenant add $(seconds $add_ms) s"

killed=0
# killed_at DELAY-MS WORDS…
killed_at() {
  local delay=$1
  shift
  in_background "$@"
  sleep "$(seconds "$delay")"
  kill -9 "$PID" 2>/dev/null || true
  ends "$PID"
  [ "$CODE" -ne 137 ] || killed=$((killed + 1))
}
for ((i = 0; i < moments; ++i)); do
  from_template
  killed_at $((apply_ms * i / moments)) apply
  runs 0 pgc apply
  journal_is_closed
  killed_at $((add_ms * i / moments)) tenant add "$TENANT_A"
  runs 0 pgc tenant add "$TENANT_A"
  runs 0 pgc verify
  runs 0 pgc apply
  says "nothing to change"
  journal_is_closed
  snapshot "$WORK/found"
  same_files "killed at moment $i of $moments, the end is the same" "$WORK/wanted" "$WORK/found"
done
[ "$killed" -gt "$moments" ] || fail "most of the $((2 * moments)) runs were killed before their end ($killed were)"
ok "after $killed kills at moments all over, the next apply reached the same end every time"

done_testing
