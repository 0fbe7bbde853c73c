#!/usr/bin/env bash
# A real PgBouncer: with one shared login in transaction mode seven states of one tenant's client reach the next
# tenant's; the ways of doc/tenancy.md (a pool for each tenant's login, DISCARD ALL) let none through. PL01 to PL03.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
BOUNCER=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
[ -x "$BOUNCER" ] || skip "pgbouncer is not installed"

up_and_apply "$TENANT_A" "$TENANT_B"
role_a=app_tenant_$(hex "$TENANT_A") role_b=app_tenant_$(hex "$TENANT_B")
for tenant in "$TENANT_A" "$TENANT_B"; do sql "ALTER ROLE app_tenant_$(hex "$tenant") PASSWORD 'tenant-$tenant'"; done
# The login of the contract read literally. TEMPORARY, so that temporary tables can leak too; our design revokes it.
sql "CREATE ROLE api_auth LOGIN PASSWORD 'shared' IN ROLE $role_a, $role_b;
     GRANT CONNECT, TEMPORARY ON DATABASE stratmaster TO api_auth, $role_a, $role_b"

free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# bouncer LINES…: starts one with these settings on a port of its own, in place of the one before.
bouncer() {
  [ -z "${BOUNCER_PID:-}" ] || { kill "$BOUNCER_PID";  }
  BOUNCER_PORT=$(free_port)
  local home=$WORK/bouncer as=()
  mkdir -p "$home"
  {
    echo "[databases]"
    echo "stratmaster = host=127.0.0.1 port=$(port) dbname=stratmaster pool_size=1"
    echo "[pgbouncer]"
    echo "listen_addr = 127.0.0.1"
    echo "listen_port = $BOUNCER_PORT"
    echo "unix_socket_dir ="
    echo "auth_type = plain"
    echo "auth_file = $home/users"
    printf '%s\n' "$@"
  } >"$home/ini"
  printf '"%s" "%s"\n' api_auth shared "$role_a" "tenant-$TENANT_A" "$role_b" "tenant-$TENANT_B" >"$home/users"
  chmod -R go+rX "$home"
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  "${as[@]}" "$BOUNCER" -q "$home/ini" >"$home/log" 2>&1 &
  BOUNCER_PID=$!
  STARTED+=("$BOUNCER_PID")
  disown "$BOUNCER_PID"
  for _ in $(seq 50); do
    ! PGPASSWORD=shared psql -XAtqc "SELECT 1" -h 127.0.0.1 -p "$BOUNCER_PORT" -U api_auth stratmaster >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  cat "$home/log"
  fail "pgbouncer starts"
}
# client USER PASSWORD STATEMENT…: each statement a message of its own; what it prints, errors too.
client() {
  local user=$1 password=$2 statement arguments=()
  shift 2
  for statement in "$@"; do arguments+=(-c "$statement"); done
  PGPASSWORD=$password psql -XAtq -h 127.0.0.1 -p "$BOUNCER_PORT" -U "$user" stratmaster "${arguments[@]}" 2>&1 || true
}

LEAVE=("SET app.tenant_id = '$TENANT_A'" "CREATE TEMP TABLE left_behind(body text)" "GRANT ALL ON left_behind TO PUBLIC"
  "PREPARE left_plan AS SELECT 'PREPARED'" "DECLARE left_cursor CURSOR WITH HOLD FOR SELECT 'CURSOR'"
  "SELECT FROM pg_try_advisory_lock(77)" "LISTEN left_channel")
FIND=("SELECT 'ROLE' WHERE current_user = '$role_a'"
  "SELECT 'SETTING' WHERE current_setting('app.tenant_id', true) = '$TENANT_A'"
  "SELECT 'TEMP' WHERE to_regclass('pg_temp.left_behind') IS NOT NULL"
  "EXECUTE left_plan" "FETCH left_cursor"
  "SELECT 'LOCK' FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND pid = pg_backend_pid()"
  "SELECT 'CHANNEL' WHERE 'left_channel' IN (SELECT pg_listening_channels())")
# leaks: how many of the seven states the last client's output shows.
leaks() { grep -cE '^(ROLE|SETTING|TEMP|PREPARED|CURSOR|LOCK|CHANNEL)$' || true; }

bouncer "pool_mode = transaction"
client api_auth shared "SET ROLE $role_a" "${LEAVE[@]}" >"$OUT"
equals "one shared login in transaction mode leaks all seven states" 7 "$(client api_auth shared "${FIND[@]}" | leaks)"
ok "PL01: one shared login, transaction mode: 7 of 7 states reach the next client"

equals "an error in the message of the checkout takes the checkout back" api_auth \
  "$(client api_auth shared "RESET ROLE" "SET ROLE $role_a; SELECT 1/0" "SELECT current_user" | tail -1)"
ok "PL03: with a shared login checkout fails open"

bouncer "pool_mode = session" "server_reset_query = DISCARD ALL"
client api_auth shared "SET ROLE $role_a" "${LEAVE[@]}" >"$OUT"
equals "session mode with DISCARD ALL leaks nothing" 0 "$(client api_auth shared "${FIND[@]}" | leaks)"
ok "PL02: session mode with DISCARD ALL: none of 7"

# Our way: the pool logs in as the tenant, so that a session is never another tenant's.
for mode in session transaction; do
  bouncer "pool_mode = $mode" "server_reset_query = DISCARD ALL" "server_reset_query_always = 1"
  client "$role_a" "tenant-$TENANT_A" "${LEAVE[@]}" >"$OUT"
  equals "$mode mode: the other tenant finds nothing" 0 \
    "$(client "$role_b" "tenant-$TENANT_B" "${FIND[@]}" | leaks)"
  # Its own next client is the tenant, as it should be, and finds the setting that the role brings along.
  equals "$mode mode: the same tenant's next client finds nothing left" "2" \
    "$(client "$role_a" "tenant-$TENANT_A" "${FIND[@]}" | leaks)"
  equals "$mode mode: an error during checkout leaves the tenant, and nobody else" "$role_a" \
    "$(client "$role_a" "tenant-$TENANT_A" "SET ROLE $role_a; SELECT 1/0" "SELECT current_user" | tail -1)"
  equals "$mode mode: the boundary holds through the pooler" "$TENANT_A" \
    "$(client "$role_a" "tenant-$TENANT_A" "SELECT pgcontract.assert_boundary()")"
  refusal=$(client "$role_a" "tenant-$TENANT_A" "SET ROLE $role_b")
  [[ $refusal == *"permission denied to set role"* ]] || fail "$mode mode: no other tenant can be become: $refusal"
  ok "a pool for each tenant's login, $mode mode, DISCARD ALL: none of 7, and checkout fails closed"
done

done_testing
