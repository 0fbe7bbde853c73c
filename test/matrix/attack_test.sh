#!/usr/bin/env bash
# tenant attack on the server whose programs are in PGCONTRACT_POSTGRES_BIN: nothing comes through but what the design
# accepts on that version. The last line has the counts.
#   PGCONTRACT_POSTGRES_BIN=… test/matrix/attack_test.sh PROGRAM MAJOR
PROGRAM=$1 MAJOR=$2
source "$(dirname "$0")/../scenario/lib.sh"

results() { json '" ".join(o["id"] for o in r["attacks"]["outcomes"] if o["result"] == "'"$1"'")'; }

up
runs 0 pgc tenant attack --format json
equals "no attack succeeds" "" "$(results succeeded)"
equals "every attack is judged" "" "$(results not_judged)"
residual=" $(results residual) "
if [ "$MAJOR" -lt 15 ]; then
  [[ $residual == *" ID25 "* ]] || fail "on 14 a role may grant itself"
else
  [[ $residual != *" ID25 "* ]] || fail "from 15 on a role may not grant itself"
fi
ok "the attacks of one tenant on another are refused on PostgreSQL $MAJOR"
json '"attacks: {refused} refused, {succeeded} succeeded, {residual} residual, {not_judged} not judged".format(**r["attacks"])'
runs 0 pgc down --remove --yes
done_testing
