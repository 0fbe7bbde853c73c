#!/usr/bin/env bash
# wal-g itself as the peer, both ways: what pgcontract stored, wal-g lists, fetches and replays; what wal-g pushed,
# pgcontract lists, verifies and restores. Skipped, by name, where no wal-g is in PATH: it is in no package of Debian's.
PROGRAM=$1
PGC_ARCHIVE=1
source "$(dirname "$0")/../scenario/lib.sh"
WALG=$(command -v wal-g) || skip "wal-g is not installed"
STORE=$CLUSTER.store
if [ "$(id -u)" = 0 ]; then
  as_server() { setpriv --reuid postgres --regid postgres --clear-groups -- env HOME="$WORK" "$@"; }
else
  as_server() { "$@"; }
fi
walg() { # walg STORE WORDS…: with no settings but these
  local prefix=$1
  shift
  as_server env -i HOME="$WORK" PATH="$PATH" WALG_FILE_PREFIX="$prefix" WALG_COMPRESSION_METHOD=zstd PGDATA="$CLUSTER/data" \
    PGHOST=127.0.0.1 PGPORT="$(port)" PGUSER=postgres PGPASSWORD="$(password)" PGDATABASE=postgres "$WALG" "$@"
}
chmod 777 "$WORK"
COPY=$WORK/copy
# started FOLDER RESTORE_COMMAND: recovers to the end of the archive and prints the rows of the table.
rows_of() {
  as_server "$SERVER_PROGRAMS/pg_ctl" -D "$1" -w -s -t 60 -o "-c listen_addresses='' -c unix_socket_directories='$1' -c port=1" \
    -l "$1.log" start || { cat "$1.log" && fail "$1 starts"; }
  local deadline=$((SECONDS + 60))
  until [ "$(as_server "$SERVER_PROGRAMS/psql" -XAtq -h "$1" -p 1 -U postgres -c 'SELECT pg_is_in_recovery()')" = f ]; do
    [ $SECONDS -lt $deadline ] || fail "$1 ends its recovery"
    sleep 0.2
  done
  as_server "$SERVER_PROGRAMS/psql" -XAtq -h "$1" -p 1 -U postgres -c 'SELECT count(*) FROM seen'
  as_server "$SERVER_PROGRAMS/pg_ctl" -D "$1" -w -s -m immediate stop
}
main() { PGPASSWORD=$(password) "$SERVER_PROGRAMS/psql" -XAtq -h 127.0.0.1 -p "$(port)" -U postgres -d postgres -c "$1"; }
wait_for() { # wait_for FILE-PATTERN
  local deadline=$((SECONDS + 60))
  until compgen -G "$1" >/dev/null; do [ $SECONDS -lt $deadline ] || fail "$1 is there"; sleep 0.2; done
}

up
main "CREATE TABLE seen AS SELECT generate_series(1, 1000) AS n"
runs 0 pgc backup base
NAME=$(ls "$STORE/basebackups_005" | sed -n 's/_backup_stop_sentinel.json$//p')
main "INSERT INTO seen SELECT generate_series(1, 500)"
SEGMENT=$(main "SELECT pg_walfile_name(pg_switch_wal())")
wait_for "$STORE/wal_005/$SEGMENT*"

walg "$STORE" backup-list --json | grep -q "\"$NAME\"" || fail "wal-g lists $NAME"
walg "$STORE" backup-fetch "$COPY.ours" "$NAME" >"$OUT" 2>&1 || { cat "$OUT" && fail "wal-g fetches $NAME"; }
chmod 700 "$COPY.ours"
cat >>"$COPY.ours/postgresql.auto.conf" <<END
archive_mode = off
restore_command = 'env -i HOME=$WORK PATH=$PATH WALG_FILE_PREFIX=$STORE $WALG wal-fetch %f %p'
END
as_server touch "$COPY.ours/recovery.signal"
equals "every row came back by wal-g" 1500 "$(rows_of "$COPY.ours")"
walg "$STORE" wal-verify integrity >"$OUT" 2>&1 || { cat "$OUT" && fail "wal-g verifies the archive"; }
ok "wal-g reads what pgcontract wrote"

as_server mkdir "$WORK/theirs"
walg "$WORK/theirs" backup-push "$CLUSTER/data" >"$OUT" 2>&1 || { cat "$OUT" && fail "wal-g pushes a backup"; }
THEIRS=$(ls "$WORK/theirs/basebackups_005" | sed -n 's/_backup_stop_sentinel.json$//p')
main "INSERT INTO seen SELECT generate_series(1, 250)"
LAST=$(main "SELECT pg_walfile_name(pg_switch_wal())")
wait_for "$STORE/wal_005/$LAST*"
for file in "$STORE"/wal_005/*.zst; do # the same segments as wal-g would have pushed them
  name=$(basename "$file" .zst)
  zstd -dq "$file" -o "$WORK/$name"
  chmod 644 "$WORK/$name"
  walg "$WORK/theirs" wal-push "$WORK/$name" >"$OUT" 2>&1 || { cat "$OUT" && fail "wal-g pushes $name"; }
  rm -f "$WORK/$name"
done
runs 0 pgc backup list --store "file://$WORK/theirs"
says "$THEIRS"
runs 0 pgc backup verify "$THEIRS" --store "file://$WORK/theirs"
runs 0 pgc restore run --to "$COPY.theirs" --store "file://$WORK/theirs"
equals "every row came back by pgcontract" 1750 "$(rows_of "$COPY.theirs")"
ok "pgcontract reads what wal-g wrote"
