#!/usr/bin/env bash
# migrate lint on a history that makes every mistake: each rule that needs no server finds one, at its line. The whole
# answer is bad_history.out.
set -euo pipefail
program=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
command -v alembic >/dev/null || { echo "skipped: alembic is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/bad_history/." "$work"
cd "$work"
unset BAD_HISTORY_DATABASE_URL
export PATH=/usr/bin:$PATH NO_COLOR=1 LC_ALL=C.UTF-8 COLUMNS=120 PYTHONDONTWRITEBYTECODE=1
lint() { "$program" --contract contract.yaml "$@" migrate lint --offline; }

code=0
lint --verbose >all 2>err || code=$?
[ "$code" = 1 ] || { echo "not ok - a history with errors ends with 1, not $code"; cat err; exit 1; }
# How long it took, and Alembic's own words, which its versions choose.
sed 's/ · [0-9.]* s$//; s/AttributeError: .*/…/; /^ *attribute .fetchall.$/d' all >shown
if [ "${PGC_ACCEPT:-}" ]; then
  cp shown "$here/bad_history.out"
elif ! diff -u "$here/bad_history.out" shown; then
  echo "not ok - the answer differs; accept it with: PGC_ACCEPT=1 $0 PROGRAM"
  exit 1
fi

lint --format json >report.json || true
python3 - <<'EOF'
import json
clauses = json.load(open("report.json"))["verdicts"]["clauses"]
silent = {c["clause"] for c in clauses if not c["findings"]}
# They need a server, or a history that cannot be rendered; the rules' examples show them.
expected = {"lint.history_readable", "lint.edited_after_release", "lint.invalid_index", "lint.observed"}
assert silent == expected, f"rules that find nothing: {sorted(silent ^ expected)}"
for clause in clauses:
    for finding in clause["findings"]:
        assert ":" in (finding["where"] or "") or finding["subject"]["kind"] == "history", finding
EOF
for format in sarif junit markdown; do
  code=0
  lint --format "$format" >"out.$format" || code=$?
  [ "$code" = 1 ] && grep -q "lint.column_type_rewrites" "out.$format" ||
    { echo "not ok - --format $format tells it too"; exit 1; }
done
python3 - <<'EOF'
import json
results = json.load(open("out.sarif"))["runs"][0]["results"]
levels = {r["level"] for r in results}
assert levels == {"error", "warning", "note"}, levels
places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
assert "application/versions/a2_columns.py" in places, places
EOF
echo "ok - each rule finds its mistake"
