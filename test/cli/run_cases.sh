#!/usr/bin/env bash
# Golden cases of the command line that need no server: <command>/<case>.cmd is run by bash in an empty folder with
# `pgcontract` in PATH; what it prints on both streams and its exit code must be <command>/<case>.out.
#   run_cases.sh PROGRAM [CASE…]       CASE: verify/unknown_option
# PGC_ACCEPT=1 writes what was printed as the new .out.
set -euo pipefail
program=$(realpath "$1")
shift
here=$(realpath "$(dirname "$0")")
root=$(realpath "$here/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$program" "$work/bin/pgcontract"
unset DATABASE_URL STAGING_DATABASE_URL PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS
export PATH=$work/bin:$PATH NO_COLOR=1 LC_ALL=C.UTF-8 COLUMNS=100 STRATMASTER=$root/stratmaster

cases=("$@")
if [ ${#cases[@]} = 0 ]; then
  mapfile -t cases < <(cd "$here" && find . -name '*.cmd' | sed 's|^\./||; s|\.cmd$||' | sort)
fi
[ ${#cases[@]} -gt 0 ] || { echo "not ok - there are cases"; exit 1; }
failed=0
for case in "${cases[@]}"; do
  rm -rf "$work/empty"
  mkdir "$work/empty"
  code=0
  (cd "$work/empty" && bash -o pipefail "$here/$case.cmd") >"$work/out" 2>"$work/err" </dev/null || code=$?
  {
    cat "$work/out"
    [ ! -s "$work/err" ] || sed 's/^/stderr: /' "$work/err"
    echo "exit code: $code"
  } | sed "s|$root|ROOT|g; s|$work|WORK|g" >"$work/all"
  if [ "${PGC_ACCEPT:-}" ]; then
    cp "$work/all" "$here/$case.out"
    echo "accepted - $case"
  elif diff -u "$here/$case.out" "$work/all" >"$work/diff"; then
    echo "ok - $case"
  else
    echo "not ok - $case: $(grep -v '^#' "$here/$case.cmd" | head -1)"
    sed 1,2d "$work/diff" | sed 's/^/  /'
    echo "  accept it with: PGC_ACCEPT=1 test/cli/run_cases.sh PROGRAM $case"
    failed=$((failed + 1))
  fi
done
echo "${#cases[@]} cases, $failed failed"
[ "$failed" = 0 ]
