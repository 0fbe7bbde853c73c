#!/usr/bin/env bash
# `store check` on the S3 server that with_peer started: all is well as it stands; what is taken from it is missing.
set -euo pipefail
program=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
out=$PGC_WORK/out
export NO_COLOR=1 LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
check() { "$program" --contract "$root/stratmaster/contract.yaml" "$@" store check --store "$PGC_STORE" >"$out" 2>&1 </dev/null; }
fail() {
  echo "not ok - $*"
  sed 's/^/  /' "$out"
  exit 1
}
says() { local text; for text in "$@"; do grep -qF -- "$text" "$out" || fail "the output says: $text"; done; }
runs() { # runs CODE COMMAND…
  local wanted=$1 code=0
  shift
  "$@" || code=$?
  [ "$code" = "$wanted" ] || fail "\`$*\` ends with $wanted, not $code"
}
order() { echo "$RANDOM$RANDOM $*" >"$PGC_FAULTS"; }
state() { /usr/bin/python3 -c 'import json, sys
print(next(t["state"] for t in json.load(open(sys.argv[1]))["tables"]["trials"] if t["trial"] == sys.argv[2]))' "$out" "$1"; }

runs 0 check
says "s3://sm-backups/postgres at http://127.0.0.1" "agreed in size and SHA-256" "Backups can rest on this store"
[ "$(grep -c ' ok ' "$out")" = 10 ] || fail "ten trials are ok"
! grep -qF "$AWS_SECRET_ACCESS_KEY" "$out" || fail "the secret is not shown"
echo "ok - $PGC_PEER does all that backups need"

runs 0 check --format json
/usr/bin/python3 "$root/test/scenario/report_schema.py" "$root/doc/report.schema.json" "$out" || fail "the report keeps its schema"
echo "ok - the JSON keeps its schema"

export AWS_ENDPOINT_URL=$PGC_PROXY
order denied DELETE 1000
runs 1 check --format json
[ "$(state remove) $(state put)" = "missing ok" ] || fail "only removing is missing"
says "AccessDenied to DELETE" "Give these keys the right"
order full PUT 1000
runs 1 check
says "XMinioStorageFull" "not tried: it builds on put" "Backups cannot rest on this store"
order truncated GET 1
runs 1 check --format json
[ "$(state get) $(state range)" = "missing untried" ] || fail "what comes back as something else is missing"
order unconditional PUT 1000
runs 1 check --format json
[ "$(state if_absent) $(state get)" = "missing ok" ] || fail "a store without If-None-Match is found out"
says "two clusters under one prefix"
order unconditional COMPLETE 1000
runs 0 check --format json
[ "$(state if_absent) $(state multipart_if_absent)" = "ok weak" ] || fail "one that has it for single puts only as well"
order none '*' 0
echo "ok - what is taken from the store is missing, and the exit code is 1"

AWS_SECRET_ACCESS_KEY=wrong-secret-of-nobody runs 1 check
says "SignatureDoesNotMatch"
! grep -qF wrong-secret "$out" || fail "the wrong secret is not shown"
AWS_ENDPOINT_URL=http://key:s3cr3t@127.0.0.1 runs 4 check
! grep -qF s3cr3t "$out" || fail "a secret in the address is not shown"
PGC_STORE=s3://no-such-bucket/x runs 1 check
says "NoSuchBucket" "Create the bucket"
(unset AWS_ACCESS_KEY_ID && runs 1 check && says "there are no keys for the object store" "backup.credentials")
PGC_STORE=gs://bucket runs 4 check
says "is not a store this version knows"
echo "ok - what is wrong with the keys, the address or the bucket is said, and no secret"

# A store that is silent: Ctrl-C is heard all the same.
export AWS_ENDPOINT_URL=$PGC_PROXY
order stall PUT 1000
"$program" --contract "$root/stratmaster/contract.yaml" store check --store "$PGC_STORE" >"$out" 2>&1 </dev/null &
checking=$!
sleep 1
began=$SECONDS
kill -INT "$checking"
runs 4 wait "$checking"
[ $((SECONDS - began)) -le 3 ] || fail "an interrupt ends the wait"
says "stopped"
echo "ok - an interrupt ends the wait for a silent store"
