#!/usr/bin/env bash
# The archive of WAL: a real server stores its segments with and without the agent, another one recovers from them over a
# switch of timelines; what is not certain is never told as absent, what is not the same is never overwritten.
PROGRAM=$1
PGC_ARCHIVE=1
source "$(dirname "$0")/lib.sh"
CLIENT=$(dirname "$PROGRAM")/pgcontract-wal
STORE=$CLUSTER.store
# as_server COMMAND…: as the user that runs the server.
if [ "$(id -u)" = 0 ]; then
  as_server() { setpriv --reuid postgres --regid postgres --clear-groups -- env HOME="$WORK" "$@"; }
else
  as_server() { "$@"; }
fi
AT=(--contract "$CONTRACT" --env local)
admin() { PGPASSWORD=$(password) "$SERVER_PROGRAMS/psql" -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U postgres -d "$2" -c "$3"; }
main() { admin "$(port)" postgres "$1"; }
archived() { # waits until the server says that this segment, or a later one, is archived
  local deadline=$((SECONDS + 60))
  until [ "$(main "SELECT COALESCE(last_archived_wal, '') >= '$1' FROM pg_stat_archiver")" = t ]; do
    [ $SECONDS -lt $deadline ] || { main "SELECT * FROM pg_stat_archiver" && fail "$1 is archived"; }
    sleep 0.1
  done
}
switch_and_wait() {
  local segment
  segment=$(main "SELECT pg_walfile_name(pg_switch_wal())")
  archived "$segment"
}
load() { PGPASSWORD=$(password) "$SERVER_PROGRAMS/pgbench" -h 127.0.0.1 -p "$(port)" -U postgres "$@" postgres >/dev/null 2>&1; }
wal_of() { ls "$STORE/wal_005" | sed 's/\..*//' | grep -E '^[0-9A-F]{24}$' | sort -u; }

up
says "its WAL is archived to $STORE"
load -i -s 5
switch_and_wait
[ "$(wal_of | wc -l)" -ge 3 ] || fail "segments are in the store"
grep -q "$(main "SELECT system_identifier FROM pg_control_system()")" "$STORE/pgcontract_cluster.json" ||
  fail "the archive says whose it is"
ok "an embedded cluster archives from its start on"

# A copy to recover from, as pg_basebackup makes it: no WAL of its own.
chmod 777 "$WORK" # the server's user makes folders and sockets there
as_server env PGPASSWORD="$(password)" "$SERVER_PROGRAMS/pg_basebackup" -h 127.0.0.1 -p "$(port)" -U postgres -D "$WORK/copy" \
  -X none -c fast \
  >"$OUT" 2>"$ERR" || fail "a base backup is taken"
main "CREATE TABLE seen (n int)"

# The agent stores ahead; archive_command only asks. A second one is refused.
as_agent() { as_server "$PROGRAM" "${AT[@]}" backup agent "$@"; }
start_agent() {
  local deadline=$((SECONDS + 20))
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid postgres --regid postgres --clear-groups -- env HOME="$WORK" "$PROGRAM" "${AT[@]}" backup agent \
      >"$WORK/agent.out" 2>"$WORK/agent.err" &
  else
    "$PROGRAM" "${AT[@]}" backup agent >"$WORK/agent.out" 2>"$WORK/agent.err" &
  fi
  AGENT=$!
  STARTED+=("$AGENT")
  until grep -q "listens" "$WORK/agent.err"; do
    [ $SECONDS -lt $deadline ] || { cat "$WORK/agent.err"; fail "the agent listens"; }
    sleep 0.05
  done
}
start_agent
[ "$(stat -c %a "$CLUSTER/data/pgcontract_agent.sock")" = 600 ] || fail "only its owner enters the socket"
runs 4 as_agent
says "another agent serves this data directory"
load -c 2 -t 4000
load -i -s 10
main "INSERT INTO seen VALUES (1)"
switch_and_wait
kill -TERM "$AGENT"
wait "$AGENT" || fail "an agent that is asked to stop ends with 0"
cp "$WORK/agent.out" "$OUT"
says "answered at once"
[ ! -e "$CLUSTER/data/pgcontract_agent.sock" ] || fail "its socket is gone"
ok "the agent stores ahead, alone, and ends when asked"

# kill -9 under load: archiving goes on without it, and with the next one.
start_agent
load -i -s 10 &
LOAD=$!
sleep 0.4
kill -9 "$AGENT"
wait "$LOAD"
main "INSERT INTO seen VALUES (2)"
switch_and_wait
start_agent
load -i -s 5
main "INSERT INTO seen VALUES (3)"
switch_and_wait
equals "no archiving failed for good" "" "$(find "$CLUSTER/data/pg_wal/archive_status" -name '*.ready')"
kill -TERM "$AGENT"
wait "$AGENT" || true
ok "an agent that is killed is not missed"

# Every stored segment is what the server had; there is no hole.
FIRST=$(wal_of | head -1) LAST=$(wal_of | tail -1)
equals "segments without a hole" $((16#${LAST:16} - 16#${FIRST:16} + 1)) "$(wal_of | wc -l)"
for segment in $(wal_of); do
  runs 0 pgc backup wal-fetch "$segment" "$WORK/fetched" --ahead 0
  [ ! -e "$CLUSTER/data/pg_wal/$segment" ] || cmp -s "$WORK/fetched" "$CLUSTER/data/pg_wal/$segment" || fail "$segment is the server's"
done
ok "$(wal_of | wc -l) segments come back as they were"

runs 1 pgc --format json backup wal-fetch 0000000100000000000000F0 "$WORK/none"
valid_report
[ ! -e "$WORK/none" ] || fail "nothing is written"
runs 126 pgc backup wal-fetch "$LAST" "$WORK/none" --store "file://$WORK/nowhere"
says "Is this the right store, and is it mounted?"
runs 126 pgc backup wal-fetch "$LAST"
runs 126 "$PROGRAM" --contract "$WORK/no.yaml" backup wal-fetch "$LAST" "$WORK/none"
runs 126 pgc backup wal-fetch "../../etc/passwd" "$WORK/none"
runs 126 pgc backup wal-fetch "$LAST" "$WORK/no/such/folder"
runs 126 bash -c "trap '' XFSZ; ulimit -f 4096; exec \"\$@\"" _ "$PROGRAM" "${AT[@]}" backup wal-fetch "$LAST" "$WORK/none"
says "nothing half written was left there"
[ -z "$(find "$WORK" -maxdepth 1 -name 'none*')" ] || fail "nothing is left behind"
runs 126 "$CLIENT" fetch "$LAST" "$WORK/none" --socket "$WORK/nobody.sock"
runs 126 "$CLIENT" fetch "$LAST" "$WORK/none" --socket "$WORK/nobody.sock" -- "$WORK/no-such-program"
runs 0 "$CLIENT" fetch "$LAST" "$WORK/none" --socket "$WORK/nobody.sock" -- "$PROGRAM" "${AT[@]}"
runs 1 "$CLIENT" fetch 00000009.history "$WORK/none" --socket "$WORK/nobody.sock" -- "$PROGRAM" "${AT[@]}"
ok "absent is 1, and whatever is not certain is 126"

# The same content is success, other content a conflict; nothing is overwritten.
OBJECT=$(ls "$STORE/wal_005/$LAST".*)
SUM=$(sha256sum <"$OBJECT")
runs 0 pgc backup wal-fetch "$LAST" "$WORK/$LAST" --ahead 0
runs 0 pgc backup wal-push "$WORK/$LAST"
says "was there"
sed -i 's/wal: continuous/wal: continuous\n  compression: lz4/' "$CONTRACT"
runs 0 pgc backup wal-push "$WORK/$LAST"
says "was there"
cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
printf 'x' | dd of="$WORK/$LAST" bs=1 seek=9000000 conv=notrunc status=none
runs 4 pgc backup wal-push "$WORK/$LAST"
says "with other content" "two servers write one history"
equals "the object is as it was" "$SUM" "$(sha256sum <"$OBJECT")"
ok "a split brain is refused, the same content again is not"

runs 4 pgc backup wal-push "$CONTRACT"
says "no file of PostgreSQL's archive"
NEXT=$(printf '%s%08X' "${LAST:0:16}" $((16#${LAST:16} + 40)))
cp "$WORK/$LAST" "$WORK/$NEXT"
runs 4 pgc backup wal-push "$WORK/$NEXT"
says "recycled"
truncate -s 9000000 "$WORK/$LAST"
runs 4 pgc backup wal-push "$WORK/$LAST"
says "cut off"
: >"$WORK/$LAST"
runs 4 pgc backup wal-push "$WORK/$LAST"
says "too few"
head -c 16777216 /dev/zero >"$WORK/$LAST"
runs 4 pgc backup wal-push "$WORK/$LAST"
says "begins with zeros"
as_server "$SERVER_PROGRAMS/initdb" -D "$WORK/other" -N --no-sync >"$OUT" 2>"$ERR"
runs 4 pgc backup wal-push "$WORK/other/pg_wal/000000010000000000000001"
says "Two clusters must not share one archive"
runs 126 pgc backup wal-fetch "$LAST" "$WORK/other/pg_wal/RECOVERYXLOG" --ahead 0
says "system identifier"
ok "what is not a segment of this cluster goes neither in nor out"

# Damage in the store is not absence.
cp "$OBJECT" "$WORK/object"
truncate -s 100000 "$OBJECT"
runs 126 pgc backup wal-fetch "$LAST" "$WORK/none2"
: >"$OBJECT"
runs 126 pgc backup wal-fetch "$LAST" "$WORK/none2"
cp "$STORE/wal_005/$FIRST".* "$OBJECT"
runs 126 pgc backup wal-fetch "$LAST" "$WORK/none2"
says "mixed up"
cp "$WORK/object" "$OBJECT"
[ ! -e "$WORK/none2" ] || fail "nothing is written"
ok "a damaged object stops a recovery instead of ending it"

# kill -9 of wal-push at any moment leaves the object whole or absent.
mkdir "$WORK/killed"
for step in $(seq 1 25); do
  "$PROGRAM" "${AT[@]}" backup wal-push "$CLUSTER/data/pg_wal/$LAST" --store "file://$WORK/killed" >/dev/null 2>&1 &
  sleep "$(printf '0.%03d' $((step * 4)))"
  kill -9 $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  if [ -e "$WORK/killed/wal_005/$LAST.zst" ]; then
    runs 0 pgc backup wal-fetch "$LAST" "$WORK/whole" --ahead 0 --store "file://$WORK/killed"
    cmp -s "$WORK/whole" "$CLUSTER/data/pg_wal/$LAST" || fail "what is there is whole"
    rm "$WORK/killed/wal_005/$LAST.zst"
  fi
done
runs 0 pgc backup wal-push "$CLUSTER/data/pg_wal/$LAST" --store "file://$WORK/killed"
ok "a killed push leaves nothing half stored"

# Recovery on the copy, with the segments fetched ahead; then a promotion, whose timeline is archived too.
recover() { # recover FOLDER PORT: until it is promoted
  cat >>"$1/postgresql.auto.conf" <<X
port = $2
unix_socket_directories = '$WORK'
restore_command = '$CLIENT fetch %f %p -- $PROGRAM --quiet --contract $CONTRACT --env local'
recovery_target_timeline = 'latest'
X
  sed -i '/^port\|^unix_socket/d' "$1/pgcontract.conf"
  as_server touch "$1/recovery.signal"
  as_server "$SERVER_PROGRAMS/pg_ctl" -D "$1" -l "$1/log" -t 120 -w start >"$OUT" 2>"$ERR" || { tail -20 "$1/log"; fail "a recovery ends"; }
  until [ "$(admin "$2" postgres "SELECT pg_is_in_recovery()" 2>/dev/null)" = f ]; do sleep 0.2; done
}
as_server cp -a "$WORK/copy" "$WORK/first"
as_server cp -a "$WORK/copy" "$WORK/second"
runs 0 pgc down
recover "$WORK/first" 5801
equals "all that was committed is there" "1 2 3" "$(admin 5801 postgres "SELECT string_agg(n::text, ' ' ORDER BY n) FROM seen")"
grep -q "selected new timeline ID: 2" "$WORK/first/log" || fail "a new timeline began"
[ ! -e "$WORK/first/pg_wal/.pgcontract_prefetch" ] || fail "what was fetched ahead is gone"
admin 5801 postgres "INSERT INTO seen VALUES (4)"
SEGMENT=$(admin 5801 postgres "SELECT pg_walfile_name(pg_switch_wal())")
deadline=$((SECONDS + 60))
until [ "$(admin 5801 postgres "SELECT COALESCE(last_archived_wal, '') >= '$SEGMENT' FROM pg_stat_archiver")" = t ]; do
  [ $SECONDS -lt $deadline ] || { tail "$WORK/first/log"; fail "the new timeline is archived"; }
  sleep 0.2
done
ls "$STORE"/wal_005/00000002.history.* >/dev/null || fail "its history is archived"
as_server "$SERVER_PROGRAMS/pg_ctl" -D "$WORK/first" -m immediate stop >/dev/null
ok "a server recovers from the archive and goes on archiving on a new timeline"

recover "$WORK/second" 5802
equals "the new timeline is followed" "1 2 3 4" "$(admin 5802 postgres "SELECT string_agg(n::text, ' ' ORDER BY n) FROM seen")"
as_server "$SERVER_PROGRAMS/pg_ctl" -D "$WORK/second" -m immediate stop >/dev/null
ok "a second recovery follows it over the switch"

# The old primary comes back and is promoted as well: another history of the same number is refused.
printf '1\t0/3000000\tno recovery target specified\n' >"$WORK/00000002.history"
runs 4 pgc backup wal-push "$WORK/00000002.history"
says "with other content"
ok "two servers that are promoted at once are found out"

runs 0 pgc --format json backup windows
valid_report
says "There is no base backup"
ok "windows reads the archive"
done_testing
