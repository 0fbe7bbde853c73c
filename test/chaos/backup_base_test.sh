#!/usr/bin/env bash
# Base backups that are disturbed: killed at moments all over, the store full, the server gone, databases dropped and tables
# rewritten in the middle, two at once. What did not end is no backup; what ended is whole.
#   backup_base_test.sh PROGRAM [MOMENTS]
PROGRAM=$1
moments=${2:-6}
PGC_ARCHIVE=1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/../scenario/backup_lib.sh"

listed() { runs 0 pgc --format json backup list "$@"; json "' '.join(b['name'] for b in r['tables']['backups'])"; }
unfinished() { runs 0 pgc --format json backup list; json "' '.join(u['name'] for u in r['tables'].get('unfinished', []))"; }
# The server keeps no backup open for a session that is gone.
nobody_backs_up() {
  until_true "the server has ended the backup's session" "NOT EXISTS (SELECT FROM pg_stat_activity
    WHERE application_name = 'pgcontract backup base')"
}
sentinel_of() { ls "$STORE/basebackups_005/$1_backup_stop_sentinel.json" 2>/dev/null; }
# stopped_in_the_middle: a backup that stands still after its second part. Its name is in $NAME.
stopped_in_the_middle() {
  touch "$WORK/mark"
  in_background --format json backup base --part-size 1 --workers 2
  for _ in $(seq 2000); do
    NAME=$(find "$STORE/basebackups_005" -path '*/tar_partitions/part_002.tar.zst' -newer "$WORK/mark" | tail -1 | xargs -r dirname)
    NAME=$(basename "${NAME%/tar_partitions}")
    [ -z "$NAME" ] || break
    sleep 0.005
  done
  kill -STOP "$PID"
  [ "$NAME" ] && [ -z "$(sentinel_of "$NAME")" ] || fail "it was stopped in the middle"
}

up_and_apply "$TENANT_A"
sql "CREATE TABLE public.large AS SELECT i, md5(i::text) AS a, md5((-i)::text) AS b FROM generate_series(1, 400000) AS i"
start=$(date +%s%3N)
backup 0 --part-size 1
took=$(($(date +%s%3N) - start))
ok "undisturbed, a backup takes $took ms"

killed=0
for ((i = 0; i < moments; ++i)); do
  before=$(listed)
  in_background backup base --part-size 1 --wait 0
  sleep "$(printf '%d.%03d' $((took * i / moments / 1000)) $((took * i / moments % 1000)))"
  kill -9 "$PID" 2>/dev/null || true
  ends "$PID"
  [ "$CODE" -ne 137 ] || killed=$((killed + 1))
  for name in $(listed); do
    [ "$(sentinel_of "$name")" ] || fail "what is listed has its sentinel"
    [[ " $before " == *" $name "* ]] || runs 0 pgc backup verify "$name"
  done
  nobody_backs_up
done
[ "$killed" -ge $((moments / 2)) ] || fail "half of the $moments runs were killed ($killed were)"
[ "$(unfinished)" ] || fail "what was killed is told as unfinished"
backup 0 --part-size 1
runs 0 pgc backup verify "$NAME"
ok "after $killed kills nothing half done counts as a backup, and the next one is whole"

in_background --format json backup base --part-size 1
one=$PID
cp "$WORK/bg.out" "$WORK/two.out"
(cd "$HOME_DIR" && exec "$PROGRAM" --contract "$CONTRACT" --format json backup base --part-size 1) \
  >"$WORK/two.out" 2>"$WORK/two.err" </dev/null &
two=$!
STARTED+=("$two")
ends_with "the first of two at once" 0 "$one"
first=$(fact name)
CODE=0
wait "$two" || CODE=$?
cp "$WORK/two.out" "$OUT"
cp "$WORK/two.err" "$ERR"
[ "$CODE" = 0 ] || fail "the second of two at once ends with 0"
[ "$(fact name)" != "$first" ] || fail "each has a name of its own"
runs 0 pgc backup verify "$first" "$(json "r['tables']['backup'][0]['value']")"
ok "two at once are two backups"

sql "CREATE DATABASE passing"
sql "CREATE TABLE public.dropped AS SELECT * FROM public.large; CREATE TABLE public.growing AS SELECT 1 AS n"
stopped_in_the_middle
sql "DROP DATABASE passing"
sql "DROP TABLE public.dropped; TRUNCATE public.growing; INSERT INTO public.growing SELECT generate_series(1, 100000)"
sql "VACUUM FULL public.large"
sql "CHECKPOINT"
sql "CREATE DATABASE arrived"
kill -CONT "$PID"
ends_with "a backup during which databases and tables come and go" 0 "$PID"
equals "it is complete" complete "$(fact state)"
runs 0 pgc backup verify "$NAME"
comes_back "$NAME"
same_cluster "what came and went"
sql "DROP DATABASE arrived"
ok "databases and tables that come and go during a backup are as the server has them at its end"

stopped_in_the_middle
as_server "$SERVER_PROGRAMS/pg_ctl" -D "$CLUSTER/data" -m immediate -s stop
kill -CONT "$PID"
ends_with "a backup whose server is gone" 4 "$PID"
[ -z "$(sentinel_of "$NAME")" ] || fail "it is no backup"
up
backup 0 --part-size 1
ok "a server that dies takes the backup along, and nothing else"

stopped_in_the_middle
kill -TERM "$PID"
kill -CONT "$PID"
ends "$PID"
[ "$CODE" = 143 ] || [ "$CODE" = 130 ] || [ "$CODE" = 4 ] || fail "who is asked to stop, stops"
[ -z "$(sentinel_of "$NAME")" ] || fail "it is no backup"
nobody_backs_up
ok "a backup that is asked to stop leaves the server alone"

chmod 000 "$CLUSTER/data/base/1/1259" 2>/dev/null
if [ "$(id -u)" != 0 ]; then
  runs 4 pgc backup base
  says "1259"
fi
chmod 600 "$CLUSTER/data/base/1/1259"
disk=$WORK/disk
mkdir "$disk"
if ! mount -t tmpfs -o size=6m,mode=755 tmpfs "$disk" 2>/dev/null; then
  echo "skipped: a small disk cannot be mounted here (needs root); the rest passed"
  exit 77
fi
CLEANUPS+=("umount '$disk'")
for remote in "" --remote; do
  # shellcheck disable=SC2086 # an option or none
  runs 4 pgc --format json backup base $remote --store "file://$disk" --wait 0
  equals "the error is a full store" out_of_space "$(json 'r["error"]["code"]')"
  [ -z "$(listed --store "file://$disk")" ] || fail "a full store holds no backup"
  if find "$disk" -name '*.tmp*' | grep -q .; then fail "nothing is left half written"; fi
  nobody_backs_up
done
mount -o remount,size=200m "$disk"
runs 1 pgc backup base --store "file://$disk" --wait 0
ok "a full store is told, and with room again a backup is made"

# The list of files needs a place, too.
mkdir "$WORK/tiny"
mount -t tmpfs -o size=16k,mode=1777 tmpfs "$WORK/tiny"
CLEANUPS+=("umount '$WORK/tiny'")
runs 4 env TMPDIR="$WORK/tiny" "$PROGRAM" --contract "$CONTRACT" backup base
says "TMPDIR"
ok "no room for the list of files is told"
done_testing
