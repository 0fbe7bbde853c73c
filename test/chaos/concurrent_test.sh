#!/usr/bin/env bash
# Several applies of one bare cluster at once: each ends well, and together they do what one alone does.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up
keep_as_template
up
runs 0 pgc apply
snapshot "$WORK/wanted"
steps_done >"$WORK/wanted.steps"

for count in 2 4; do
  from_template
  pids=()
  for ((i = 0; i < count; ++i)); do
    in_background apply
    pids+=("$PID")
  done
  for pid in "${pids[@]}"; do ends_with "each of $count concurrent applies" 0 "$pid"; done
  runs 0 pgc verify
  journal_is_closed
  snapshot "$WORK/found"
  same_files "$count concurrent applies end where one does" "$WORK/wanted" "$WORK/found"
  steps_done >"$WORK/found.steps"
  same_files "$count concurrent applies run no step twice" "$WORK/wanted.steps" "$WORK/found.steps"
  ok "$count concurrent applies all end with 0, do what one does, and no step twice"
done

# Onboarding of one tenant from several places.
pids=()
for ((i = 0; i < 3; ++i)); do
  in_background tenant add "$TENANT_A"
  pids+=("$PID")
done
for pid in "${pids[@]}"; do ends_with "each of three concurrent tenant adds" 0 "$pid"; done
runs 0 pgc verify
equals "one tenant is registered" 1 "$(sql "SELECT count(*) FROM pgcontract.tenant")"
ok "three concurrent onboardings of one tenant all end with 0"

# One that does not want to wait says who is at work and changes nothing.
sql "ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY"
hold stratmaster_api.reports
in_background apply --lock-timeout 60000
first=$PID
apply_waits
runs 4 pgc apply --wait 0
says "another apply is at work" "nothing was changed"
let_go
ends_with "the apply that was there first" 0 "$first"
runs 0 pgc verify
ok "apply --wait 0 says who is at work, and changes nothing"

done_testing
