#!/usr/bin/env bash
# Acts on tenants cut off at their statements and killed at moments all over: the same command run again completes them.
#   lifecycle_test.sh PROGRAM [EVERY [MOMENTS]]      every EVERY-th statement; 1 for all of them
PROGRAM=$1
every=${2:-41} moments=${3:-2}
source "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
source "$(dirname "$0")/../scenario/tenant_rows.sh"
a=$(hex "$TENANT_A") b=$(hex "$TENANT_B")

up_and_apply "$TENANT_B"
fill "$TENANT_B" globex
begin_gate
ci() { pgc --env ci "$@"; }
theirs() {
  sql "SELECT * FROM tenant_$b.research_projects ORDER BY id; SELECT * FROM stratmaster_api.knowledge_chunks
       WHERE tenant_id = '$TENANT_B' ORDER BY document_id, position"
}
theirs >"$WORK/theirs"
is_gone() {
  equals "nothing of it is left" 0 "$(sql "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_$a')
    + (SELECT count(*) FROM pg_roles WHERE rolname = 'app_tenant_$a')
    + (SELECT count(*) FROM stratmaster_api.reports WHERE tenant_id = '$TENANT_A')
    + (SELECT count(*) FROM stratmaster_api.knowledge_chunks WHERE tenant_id = '$TENANT_A')")"
  equals "the last word on it is its absence, or its deletion" t "$(sql "SELECT kind IN ('tenant_absent', 'tenant_deleted')
    FROM pgcontract.evidence WHERE subject = '$TENANT_A' ORDER BY id DESC LIMIT 1")"
  theirs >"$WORK/found"
  same_files "the other tenant has every row it had" "$WORK/theirs" "$WORK/found"
}

runs 0 ci tenant add "$TENANT_A"
fill "$TENANT_A" acme
gated -- tenant delete "$TENANT_A" --yes
[ "$CODE" = 0 ] || fail "tenant delete works through the gate"
statements=$(head -1 "$WORK/count")
cuts=0
for ((n = 30; n <= statements; n += every)); do
  for how in --for-good --after; do
    runs 0 ci tenant add "$TENANT_A" --reuse-id
    fill "$TENANT_A" acme
    gated --cut "$n" "$how" -- tenant delete "$TENANT_A" --yes
    case $CODE in 0 | 3 | 4) ;; *) fail "deletion cut at statement $n of $statements $how ends with 0, 3 or 4" ;; esac
    runs 0 ci tenant delete "$TENANT_A" --yes
    is_gone
    runs 0 ci verify
    journal_is_closed
    cuts=$((cuts + 1))
  done
done
[ "$cuts" -gt 2 ] || fail "deletions were cut"
ok "a deletion cut off at its statements is completed by the next ($cuts cuts at $statements statements)"

for words in "tenant suspend" "tenant resume"; do
  runs 0 ci tenant add "$TENANT_C"
  # shellcheck disable=SC2086
  for ((n = 30; n <= 60; n += 9)); do
    gated --cut "$n" --for-good -- $words "$TENANT_C"
    runs 0 ci $words "$TENANT_C"
    equals "$words is completed" "$([ "$words" = "tenant resume" ] && echo active t || echo suspended f)" \
      "$(sql "SELECT t.state, r.rolcanlogin FROM pgcontract.tenant t, pg_roles r WHERE t.id = '$TENANT_C'
              AND r.rolname = 'app_tenant_$(hex "$TENANT_C")'" | tr '|' ' ')"
    runs 0 ci verify
  done
done
runs 0 ci tenant resume "$TENANT_C"
ok "suspend and resume cut off are completed by the next"

{ echo id; for i in {10..40}; do echo "000000$i-0000-4000-8000-000000000000"; done; } >"$WORK/ids.csv"
for ((i = 1; i <= moments; ++i)); do
  for words in "tenant add --reuse-id --from" "tenant delete --yes --from"; do
    # shellcheck disable=SC2086
    in_background --env ci $words "$WORK/ids.csv"
    sleep "$(awk "BEGIN { print 0.8 * $i }")"
    kill -9 "$PID" 2>/dev/null || true
    ends "$PID"
    # shellcheck disable=SC2086
    runs 0 ci $words "$WORK/ids.csv"
    runs 0 ci verify
    journal_is_closed
  done
  in_background --env ci tenant export "$TENANT_B" --output "$WORK/export$i"
  sleep "$(awk "BEGIN { print 0.2 * $i }")"
  kill -9 "$PID" 2>/dev/null || true
  ends "$PID"
  [ ! -e "$WORK/export$i" ] || [ -e "$WORK/export$i/manifest.json" ] || fail "an export has its name only when it is whole"
  runs 0 ci --yes tenant export "$TENANT_B" --output "$WORK/export$i"
  [ ! -e "$WORK/export$i.partial" ] || fail "what the killed export left is gone"
done
equals "each has its tombstone in the file" 31 \
  "$(grep -oE '"id":"000000[0-9-]*.*"environment":"ci"' "$HOME_DIR/tombstones.jsonl" | sort -u | wc -l)"
ok "killed at $moments moments each, bulk onboarding, bulk deletion and export are completed by the next"
done_testing
