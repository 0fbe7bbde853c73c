#!/usr/bin/env bash
# Weakens the design in each way of test/weakenings, in the copy that is attacked: an attack named there must succeed.
# An attacker that stays green on a weak design proves nothing on a strong one.
#   weakenings_test.sh PROGRAM [WEAKNESS…]   without names: all
PROGRAM=$1
shift
source "$(dirname "$0")/lib.sh"

up
runs 0 pgc apply
major=$(($(sql "SHOW server_version_num") / 10000))
files=()
if [ $# -gt 0 ]; then
  for name in "$@"; do files+=("$SOURCE_ROOT/test/weakenings/$name.sql"); done
else
  files=("$SOURCE_ROOT"/test/weakenings/*.sql)
  [ ${#files[@]} -ge 25 ] || fail "there are at least 25 weakenings"
fi
head_of() { sed -n "s/^-- $2: //p" "$1"; }

missed=()
for file in "${files[@]}"; do
  name=$(head_of "$file" weakness) from=$(head_of "$file" from) before=$(head_of "$file" before)
  if [ "$major" -lt "${from:-0}" ] || [ "$major" -ge "${before:-99}" ]; then
    echo "skipped - $name: not on PostgreSQL $major"
    continue
  fi
  attacks=$(head_of "$file" attack)
  [ "$attacks" ] || fail "$name names an attack"
  CODE=0
  pgc tenant attack --with "$file" --only "${attacks// /,}" --format json >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  succeeded=
  [ "$CODE" -gt 1 ] || succeeded=$(json '" ".join(o["id"] for o in r["attacks"]["outcomes"] if o["result"] == "succeeded")')
  if [ "$CODE" -eq 1 ] && [ "$succeeded" ]; then
    ok "$name: $(head_of "$file" says): $succeeded"
  else
    echo "not ok - $name: none of $attacks succeeds (exit code $CODE)"
    sed 's/^/  /' "$ERR"
    [ "$CODE" -gt 1 ] || json '"\n".join("  " + o["id"] + " " + o["result"] + " " + str(o["answer"]) for o in r["attacks"]["outcomes"])'
    missed+=("$name")
  fi
done
equals "each weakening is found" "" "${missed[*]-}"
equals "nothing is left of the copies" "0|0" "$(sql "SELECT (SELECT count(*) FROM pg_database WHERE datname ~ 'attack'),
  (SELECT count(*) FROM pg_roles WHERE rolname ~ 'attack|ca4a41e5')")"
ok "the copies are gone"
done_testing
