#!/usr/bin/env bash
# Drills end to end, of backups as wal-g takes them: restored apart from everything, replayed to each kind of target,
# proved, written down. Then the same restore by hand, to moments between commits and across a promotion.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/drill_lib.sh"
RUNBOOK=$HOME_DIR/ops/runbooks/postgres-dr.md
fact() { json "next(f['value'] for f in r['tables']['$1'] if f['fact'] == '$2')"; }
check() { json "next(c['verdict'] for c in r['tables']['checks'] if c['check'] == '$1')"; }
no_leftovers() {
  equals "no scratch cluster is left" "" "$(ls -d "$WORK"/scratch/pgcontract-scratch-* 2>/dev/null || true)"
}
drill=(--work-dir "$WORK/scratch" "${store[@]}")

up_and_apply "$TENANT_A" "$TENANT_B"
archive_by_copy
OLDEST=$(foreign_backup)
sql "CREATE TABLE public.moments (id int PRIMARY KEY); INSERT INTO public.moments VALUES (1)"
sleep 1.1
BETWEEN=$(sql "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
BETWEEN_LSN=$(sql "SELECT pg_current_wal_lsn()")
sleep 1.1
sql "INSERT INTO public.moments VALUES (2)"
switch_wal
NEWEST=$(foreign_backup)
sql "INSERT INTO public.moments VALUES (3)"
switch_wal

validated 0 drill run --target latest "${drill[@]}"
equals "latest: outcome" proved "$(fact drill outcome)"
equals "latest: the newest backup" "$NEWEST" "$(fact drill backup)"
for name in restore replay amcheck scan catalog clauses ledger fingerprints isolation tombstones checksums; do
  equals "latest: $name" proved "$(check "$name")"
done
ID=$(fact drill id)
grep -q "^<!-- pgcontract drill $ID -->$" "$RUNBOOK" || fail "the runbook has the drill's marker"
grep -q "^## Drill $ID: proved$" "$RUNBOOK" || fail "the runbook has the drill's heading"
[ -s "$STORE/drills/$ID.json" ] || fail "the store has the drill's report"
[ -s "$STORE/basebackups_005/$NEWEST/pgcontract_proven.json" ] || fail "the backup is proven"
equals "evidence" "drill $ID proved;backup_proven $NEWEST proved" "$(sql "SELECT string_agg(kind || ' ' || subject || ' ' ||
  (detail->>'outcome'), ';' ORDER BY id) FROM pgcontract.evidence WHERE kind IN ('drill', 'backup_proven')")"
equals "figures are numbers" number "$(sql "SELECT jsonb_typeof(detail->'rto_seconds') FROM pgcontract.evidence WHERE kind = 'drill'")"
no_leftovers
ok "a drill to the end of the archive proves the newest backup and writes it down everywhere"

runs 0 pgc --format json drill run --target oldest "${drill[@]}"
equals "oldest: the oldest backup" "$OLDEST" "$(fact drill backup)"
equals "oldest: outcome" proved "$(fact drill outcome)"
equals "the runbook has two entries" 2 "$(grep -c '^<!-- pgcontract drill ' "$RUNBOOK")"
ok "a drill of the oldest backup alone"

for seed in 1 2 3; do
  runs 0 pgc --format json drill run --target random --seed $seed "${drill[@]}"
  equals "random $seed: outcome" proved "$(fact drill outcome)"
done
ok "drills to random moments"
no_leftovers

# By hand. A script in place of wal-fetch, so that this is about the restore alone.
restored() { # restored FOLDER: started on a socket of its own, the answer to a question
  local folder=$1 socket=$WORK/socket
  mkdir -p "$socket"
  [ "$(id -u)" -ne 0 ] || chown postgres "$socket"
  sed -i "s|^restore_command = .*|restore_command = 'cp $STORE/wal_005/%f %p'|" "$folder/postgresql.auto.conf"
  server_user "$SERVER_PROGRAMS/pg_ctl" -D "$folder" -l "$socket/restored.log" -w -s \
    -o "-c unix_socket_directories=$socket -c port=5999 -c listen_addresses=" start || {
    cat "$socket/restored.log"
    fail "the restored cluster starts"
  }
  for _ in $(seq 100); do
    [ "$(psql -XAtq -h "$socket" -p 5999 -U postgres -d stratmaster -c "SELECT pg_is_in_recovery()")" = t ] || break
    sleep 0.1
  done
  psql -XAtq -h "$socket" -p 5999 -U postgres -d stratmaster -c "$2"
  server_user "$SERVER_PROGRAMS/pg_ctl" -D "$folder" -w -s -m immediate stop
}
export PGPASSWORD
PGPASSWORD=$(password)
MOMENTS="SELECT string_agg(id::text, ',' ORDER BY id) FROM public.moments"
runs 0 pgc restore run --to "$WORK/time" --target-time "$BETWEEN" "${store[@]}"
says "$OLDEST" "archiving is off" "restore.log start"
equals "row 1 was committed then, row 2 was not" 1 "$(restored "$WORK/time" "$MOMENTS")"
runs 2 pgc restore run --to "$WORK/lsn" --target-time yesterday "${store[@]}"
runs 0 pgc restore run --to "$WORK/spaced" --target-time "$(sed 's/T/ /; s/Z$/+00/' <<<"$BETWEEN")" "${store[@]}"
equals "as psql writes it" 1 "$(restored "$WORK/spaced" "$MOMENTS")"
runs 0 pgc restore run --to "$WORK/lsn" --target-lsn "$BETWEEN_LSN" "${store[@]}"
equals "the same by LSN" 1 "$(restored "$WORK/lsn" "$MOMENTS")"
runs 0 pgc restore run --to "$WORK/latest" "${store[@]}"
equals "all of it at the end" 1,2,3 "$(restored "$WORK/latest" "$MOMENTS")"
equals "archiving is off in a restored cluster" "archive_mode = 'off'" "$(grep '^archive_mode' "$WORK/latest/postgresql.auto.conf")"
ok "a restore stops between two commits, by time and by LSN"

before=$(find "$WORK/latest" | wc -l)
runs 4 pgc restore run --to "$WORK/latest" "${store[@]}"
says "is not empty"
runs 4 pgc restore run --to "$CLUSTER/data" "${store[@]}"
says "is the data directory of a server that runs"
equals "nothing was touched" "$before" "$(find "$WORK/latest" | wc -l)"
runs 4 pgc restore run --to "$WORK/never" --target-time 2001-01-01T00:00:00Z "${store[@]}"
says "cannot be restored: no base backup ended before it" "The nearest that can is LSN"
runs 4 pgc restore run --to "$WORK/never" --target-time 2101-01-01T00:00:00Z "${store[@]}"
says "the archive ends before it"
runs 2 pgc restore run --to "$WORK/never" --latest --target-lsn 0/1 "${store[@]}"
[ ! -e "$WORK/never" ] || fail "a refused restore makes no folder"
runs 0 pgc restore run --to "$WORK/never" --dry-run "${store[@]}"
[ ! -e "$WORK/never" ] || fail "a plan makes no folder"
ok "other folders and moments that cannot be had are refused"

# A restored copy is promoted and takes over the archive on timeline 2.
runs 0 pgc restore run --to "$WORK/branch" --target-lsn "$BETWEEN_LSN" "${store[@]}"
restored "$WORK/branch" "SELECT 1" >/dev/null
sed -i '/^archive_mode/d; /^archive_command/d; /^restore_command/d; /^recovery_/d' "$WORK/branch/postgresql.auto.conf"
# It was promoted while archiving was off: with `backup wal-push` the history would come along with the first segment.
server_user touch "$WORK/branch/pg_wal/archive_status/00000002.history.ready"
server_user "$SERVER_PROGRAMS/pg_ctl" -D "$WORK/branch" -l "$WORK/socket/branch.log" -w -s \
  -o "-c unix_socket_directories=$WORK/socket -c port=5999 -c listen_addresses=" start
psql -XAtq -h "$WORK/socket" -p 5999 -U postgres -d stratmaster -c "INSERT INTO public.moments VALUES (20)" \
  -c "SELECT pg_switch_wal()" -c "SELECT pg_switch_wal()" >/dev/null
for _ in $(seq 100); do [ ! -e "$STORE/wal_005/00000002.history" ] || break; sleep 0.1; done
sleep 1
server_user "$SERVER_PROGRAMS/pg_ctl" -D "$WORK/branch" -w -s -m fast stop
runs 0 pgc --format json drill run --target switch "${drill[@]}"
equals "switch: from before it" "$OLDEST" "$(fact drill backup)"
says "on timeline 2"
equals "switch: outcome" proved "$(fact drill outcome)"
runs 0 pgc restore run --to "$WORK/two" "${store[@]}"
equals "the newest timeline is followed" 1,20 "$(restored "$WORK/two" "$MOMENTS")"
runs 0 pgc restore run --to "$WORK/one" --timeline 1 "${store[@]}"
equals "the older one still can be" 1,2,3 "$(restored "$WORK/one" "$MOMENTS")"
ok "restores and drills follow timelines"
done_testing
