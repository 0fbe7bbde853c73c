# Sourced by the chaos tests: scenario's library, plus a bare cluster that can be had again in a moment, and programs
# in the background that can be killed by their own id.
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"

# keep_as_template: the stopped cluster as it is now. from_template: that one again, started.
keep_as_template() {
  runs 0 pgc down
  cp -a "$CLUSTER/data" "$WORK/template"
}
from_template() {
  runs 0 pgc down
  rm -rf "$CLUSTER/data"
  cp -a "$WORK/template" "$CLUSTER/data"
  up
}

# in_background WORDS…: pgcontract, as $PID; its words go to $WORK/bg.out and $WORK/bg.err.
in_background() {
  : >"$WORK/bg.out"
  : >"$WORK/bg.err" # here too, since it may be killed before it comes to that
  (cd "$HOME_DIR" && exec "$PROGRAM" --contract "$CONTRACT" "$@") >"$WORK/bg.out" 2>"$WORK/bg.err" </dev/null &
  PID=$!
  STARTED+=("$PID")
}
# Its exit code into CODE, what it said where the assertions look.
ends() {
  CODE=0
  wait "$1" 2>/dev/null || CODE=$?
  cp "$WORK/bg.out" "$OUT"
  cp "$WORK/bg.err" "$ERR"
}
# ends_with WHAT CODE PID
ends_with() {
  ends "$3"
  [ "$CODE" -eq "$2" ] || fail "$1 ends with $2"
}

# until_true WHAT QUERY: waits for what a query says, not for time to pass; 30 s is giving up.
until_true() {
  local tries=0
  until [ "$(sql "SELECT ($2)")" = t ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || fail "$1"
    sleep 0.2
  done
}
# A session of ours that holds a lock until it is let go: the step that needs the table waits for as long as we like.
hold() { # hold TABLE [MODE]; ours lets readers pass, and the catalog be read
  mkfifo "$WORK/hold.$((++HELD))"
  pgc --env local psql -- -XAtq -v ON_ERROR_STOP=1 <"$WORK/hold.$HELD" >/dev/null 2>&1 &
  HOLDER=$!
  STARTED+=("$HOLDER")
  exec {HOLD_FD}>"$WORK/hold.$HELD"
  echo "SET application_name = 'holder'; BEGIN; LOCK TABLE $1 IN ${2:-SHARE ROW EXCLUSIVE} MODE;" >&"$HOLD_FD"
  until_true "the lock is held" "EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.relation = '$1'::regclass AND l.granted AND a.application_name = 'holder')"
}
HELD=0
let_go() {
  echo '\q' >&"$HOLD_FD" # programs in the background have the pipe open too: closing it ends nothing
  exec {HOLD_FD}>&-
  wait "$HOLDER" || true
}
apply_waits() {
  until_true "apply waits for the lock" "EXISTS (SELECT FROM pg_stat_activity
    WHERE application_name = 'pgcontract apply' AND wait_event_type = 'Lock')"
}

# No job is left 'running' once a later apply has ended, and every finished one says what became of each step.
journal_is_closed() {
  equals "no job is left running" 0 "$(sql "SELECT count(*) FROM pgcontract.job WHERE state = 'running'")"
  equals "no step of a finished job is left planned or running" 0 "$(sql "SELECT count(*) FROM pgcontract.job_step s
    JOIN pgcontract.job j ON j.id = s.job WHERE j.state = 'done' AND s.state IN ('planned', 'running')")"
}
# Steps done, by name and number: a step that ran twice in effect shows.
steps_done() {
  sql "SELECT clause, object, count(*) FROM pgcontract.job_step WHERE state = 'done' GROUP BY 1, 2 ORDER BY 1, 2"
}

GATE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/gate.py")
# begin_gate: environment ci is the private cluster from here on.
# gated GATE-OPTIONS… -- WORDS…: pgcontract on it behind gate.py, which cuts connections; its exit code is in CODE.
begin_gate() {
  DATABASE_URL=$(dsn)
  export DATABASE_URL
  server=$(port)
}
gated() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  CODE=0
  (cd "$HOME_DIR" && /usr/bin/python3 "$GATE" --server "$server" --count "$WORK/count" "${options[@]}" -- \
    "$PROGRAM" --contract "$CONTRACT" --env ci "$@") >"$OUT" 2>"$ERR" </dev/null || CODE=$?
}
