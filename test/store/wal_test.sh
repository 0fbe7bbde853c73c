#!/usr/bin/env bash
# wal-push and wal-fetch against an S3 server that misbehaves: what was not agreed is never told as stored, and what could
# not be asked is never told as absent, since that would end a recovery before its time.
set -euo pipefail
program=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
out=$PGC_WORK/out
export NO_COLOR=1 LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$programs" ] || { echo "skipped: no server's programs"; exit 77; }
direct=$AWS_ENDPOINT_URL proxy=$PGC_PROXY
wal() { "$program" --contract "$root/stratmaster/contract.yaml" backup "$@" --store "$PGC_STORE" >"$out" 2>&1 </dev/null; }
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
refused() { # a push that ends with another code than 0, whichever
  if wal wal-push "$1"; then fail "this push is refused"; fi
}
order() { echo "$RANDOM$RANDOM $*" >"$PGC_FAULTS"; }
calm() { : >"$PGC_FAULTS"; }
stands() { # stands NAME: the store itself, asked without the proxy, has it as the server wrote it
  rm -f "$PGC_WORK/back"
  AWS_ENDPOINT_URL=$direct runs 0 wal wal-fetch "$1" "$PGC_WORK/back" --ahead 0
  cmp -s "$PGC_WORK/back" "$pg_wal/$1" || fail "$1 comes back as it was"
}
absent() { AWS_ENDPOINT_URL=$direct runs 1 wal wal-fetch "$1" "$PGC_WORK/lost" --ahead 0; }
nothing_left() { [ -z "$(find "$PGC_WORK" -maxdepth 1 -name 'lost*')" ] || fail "nothing is left at the destination"; }

# Segments of a real server: it runs only to write them.
chmod 777 "$PGC_WORK"
as_server() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
as_server "$programs/initdb" -D "$PGC_WORK/server" -N --no-sync >"$out" 2>&1 || fail "a cluster is made"
pg_wal=$PGC_WORK/server/pg_wal
as_server "$programs/pg_ctl" -D "$PGC_WORK/server" -l "$PGC_WORK/server/log" -w start \
  -o "-c listen_addresses='' -c unix_socket_directories='$PGC_WORK' -c wal_keep_size=1GB" >"$out" 2>&1 || fail "it starts"
for _ in $(seq 12); do
  as_server "$programs/psql" -Xqh "$PGC_WORK" postgres >"$out" 2>&1 \
    -c "CREATE TABLE t$RANDOM$RANDOM AS SELECT md5(n::text) FROM generate_series(1, 20000) n" -c "SELECT pg_switch_wal()"
done
as_server "$programs/pg_ctl" -D "$PGC_WORK/server" -m fast -w stop >"$out" 2>&1
segment() { printf '0000000100000000000000%02X' "$1"; }

calm
export AWS_ENDPOINT_URL=$proxy
runs 0 wal wal-push "$pg_wal/$(segment 1)"
says "stored"
stands "$(segment 1)"
runs 0 wal wal-push "$pg_wal/$(segment 1)"
says "was there"
runs 1 wal wal-fetch "$(segment 90)" "$PGC_WORK/lost" --ahead 0
nothing_left
echo "ok - $PGC_PEER stores, gives back, and knows what it does not have"

# What passes is tried again, and then it stands.
number=2
for fault in 500 503 reset cut-upload lost-answer flip-upload; do
  order "$fault" PUT 1
  runs 0 wal wal-push "$pg_wal/$(segment $number)"
  grep -q " $fault\$" "$PGC_FAULT_LOG" || fail "$fault was met"
  : >"$PGC_FAULT_LOG"
  stands "$(segment $number)"
  number=$((number + 1))
done
for fault in 500 503 reset cut-download; do
  order "$fault" GET 2
  runs 0 wal wal-fetch "$(segment 2)" "$PGC_WORK/some" --ahead 0
  grep -q " $fault\$" "$PGC_FAULT_LOG" || fail "$fault was met"
  : >"$PGC_FAULT_LOG"
  cmp -s "$PGC_WORK/some" "$pg_wal/$(segment 2)" || fail "it is whole after $fault"
done
echo "ok - what fails for a moment is tried again, both ways"

# What stays is told, and is no absence.
for fault in denied expired; do
  order "$fault" '*' 1000
  refused "$pg_wal/$(segment $number)"
  ! grep -qF "$AWS_SECRET_ACCESS_KEY" "$out" || fail "the secret is not shown"
  runs 126 wal wal-fetch "$(segment 1)" "$PGC_WORK/lost" --ahead 0
  runs 126 wal wal-fetch "$(segment 90)" "$PGC_WORK/lost" --ahead 0
  nothing_left
  calm
  absent "$(segment $number)"
done
order full PUT 1000
refused "$pg_wal/$(segment $number)"
calm
absent "$(segment $number)"
echo "ok - a store that refuses, or whose credentials expired, stops archiving and recovery instead of losing WAL"

# Credentials that expire between the first request and the upload.
order expired PUT 1000
refused "$pg_wal/$(segment $number)"
says "ExpiredToken"
calm
absent "$(segment $number)"
runs 0 wal wal-push "$pg_wal/$(segment $number)"
stands "$(segment $number)"
echo "ok - credentials that expire in the middle store nothing; new ones go on"

# Lies of a store: whole by its headers, other by its content or its size.
for fault in truncated flip-download; do
  order "$fault" GET 1000
  runs 126 wal wal-fetch "$(segment 1)" "$PGC_WORK/lost" --ahead 0
  nothing_left
done
calm
number=$((number + 1))
order short-head HEAD 1000
if wal wal-push "$pg_wal/$(segment $number)"; then stands "$(segment $number)"; fi
calm
runs 0 wal wal-push "$pg_wal/$(segment $number)"
stands "$(segment $number)"
echo "ok - a store that lies about size or content is not believed"

[ "${2:-}" = down ] || exit 0
# Nobody there: neither stored nor absent. Both wait for their deadline at once.
export AWS_ENDPOINT_URL=http://127.0.0.1:1
number=$((number + 1))
{ code=0; out=$PGC_WORK/out.push wal wal-push "$pg_wal/$(segment $number)" || code=$?; echo "$code" >"$PGC_WORK/code.push"; } &
{ code=0; out=$PGC_WORK/out.fetch wal wal-fetch "$(segment 90)" "$PGC_WORK/lost" --ahead 0 || code=$?
  echo "$code" >"$PGC_WORK/code.fetch"; } &
wait
[ "$(cat "$PGC_WORK/code.push")" != 0 ] || fail "a store that is down stores nothing"
[ "$(cat "$PGC_WORK/code.fetch")" = 126 ] || fail "a store that is down is no absence: $(cat "$PGC_WORK/code.fetch")"
nothing_left
absent "$(segment $number)"
echo "ok - a store that is down is neither success nor absence"
