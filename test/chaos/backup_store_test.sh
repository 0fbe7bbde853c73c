#!/usr/bin/env bash
# Base backups into an S3 server that fails now and then, and for good; run by test/store/with_peer minio --proxy.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
export PGC_STORE
at=(--store "$PGC_STORE" --wait 0)
through=(env "AWS_ENDPOINT_URL=$PGC_PROXY")
order() { echo "$RANDOM$RANDOM $*" >"$PGC_FAULTS"; }
faulty() { "${through[@]}" "$PROGRAM" --contract "$CONTRACT" --format json "$@"; }
listed() { runs 0 pgc --format json backup list --store "$PGC_STORE"; json "len(r['tables']['backups'])"; }
stored() { # stored WHAT: the last one is whole
  runs 1 pgc backup verify latest --store "$PGC_STORE" # 1: there is no archive of WAL here
  hides "it is missing" "its bytes are not" "it has"
}

up_and_apply "$TENANT_A"
sql "CREATE TABLE public.large AS SELECT i, md5(i::text) AS a FROM generate_series(1, 200000) AS i"
runs 1 pgc backup base "${at[@]}"
equals "a backup in S3" 1 "$(listed)"
stored
ok "a base backup goes to MinIO and is read again"

count=1
for fault in 500 503 reset cut-upload lost-answer; do
  order "$fault" PUT 2
  runs 1 faulty backup base "${at[@]}"
  grep -q " $fault\$" "$PGC_FAULT_LOG" || fail "$fault happened"
  equals "with $fault twice" $((++count)) "$(listed)"
  stored
  sql "SELECT pg_catalog.pg_switch_wal()" >/dev/null
done
ok "what fails twice is repeated, and the backup is whole"

for fault in denied full; do
  order "$fault" PUT 100000
  runs 4 faulty backup base "${at[@]}"
  equals "nothing is listed after $fault" "$count" "$(listed)"
done
order none none 0
# Refused when the first parts are there already.
before=$(wc -l <"$PGC_FAULT_LOG")
"${through[@]}" "$PROGRAM" --contract "$CONTRACT" backup base "${at[@]}" --part-size 1 >"$OUT" 2>"$ERR" &
PID=$!
STARTED+=("$PID")
until tail -n +"$((before + 1))" "$PGC_FAULT_LOG" | grep -q "PUT .*part_002"; do
  kill -0 "$PID" || fail "it is in its middle"
  sleep 0.01
done
order denied PUT 100000
CODE=0
wait "$PID" || CODE=$?
[ "$CODE" = 4 ] || fail "a store that refuses in the middle ends it with 4"
says "Access Denied"
equals "and leaves no backup" "$count" "$(listed)"
order none none 0
runs 1 faulty backup base "${at[@]}"
stored
ok "a store that refuses or is full holds no backup of it"
done_testing
