#!/usr/bin/env bash
# `store check` on a folder: as it should be, on a full disk, and where this user may not write.
set -euo pipefail
program=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
out=$PGC_WORK/out
export NO_COLOR=1 LC_ALL=C.UTF-8
check() { "$program" --contract "$root/stratmaster/contract.yaml" store check --store "$1" >"$out" 2>&1 </dev/null; }
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

runs 0 check "$PGC_WORK/store"
says "Backups can rest on this store" "no clock of its own"
[ -z "$(ls -A "$PGC_WORK/store")" ] || fail "nothing of it stays"
echo "ok - a folder does all that backups need, and nothing of the check stays in it"

# Files of more than 8 MiB do not fit: as on a disk that fills up within the large object.
(
  trap '' XFSZ
  ulimit -f 8192
  runs 1 check "$PGC_WORK/store"
)
says "multipart" "missing" "could not write: File too large" "Make room"
[ -z "$(ls -A "$PGC_WORK/store")" ] || fail "nothing half written stays"
echo "ok - a file that does not fit is said, and nothing half written stays"

if [ "$(id -u)" = 0 ] && mkdir "$PGC_WORK/small" && mount -t tmpfs -o size=4m tmpfs "$PGC_WORK/small" 2>/dev/null; then
  trap 'umount "$PGC_WORK/small"' EXIT
  runs 1 check "$PGC_WORK/small/store"
  says "could not write: No space left on device"
  [ -z "$(ls -A "$PGC_WORK/small/store")" ] || fail "nothing half written stays on the full disk"
  echo "ok - a full disk is said, and nothing half written stays"
fi

# Killed at any moment: what has its name is whole.
whole=$((17 * 1024 * 1024))
killed=0
for tenth in $(seq 0 2 40); do
  "$program" --contract "$root/stratmaster/contract.yaml" store check --store "$PGC_WORK/killed" >"$out" 2>&1 </dev/null &
  sleep "0.$(printf %02d "$tenth")"
  if kill -9 $! 2>/dev/null; then killed=$((killed + 1)); fi
  wait $! 2>/dev/null || true
done
[ "$killed" -gt 0 ] || fail "some were killed"
while read -r size file; do
  case $file in
    *.tmp.*) ;;
    */large) [ "$size" = "$whole" ] || fail "$file has $size bytes" ;;
    */object) [ "$size" = 3 ] || fail "$file has $size bytes" ;;
  esac
done < <(find "$PGC_WORK/killed" -type f -printf '%s %p\n')
runs 0 check "$PGC_WORK/killed"
echo "ok - $killed killed in the middle left nothing half written under its name"

runs 1 check /proc/nowhere
says "put" "missing"
echo "ok - a place where nobody can write is said"
