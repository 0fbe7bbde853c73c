# Sourced after lib.sh: a cluster that archives by plain copying into a folder that is the store, and base backups as
# wal-g would have written them. shellcheck shell=bash
STORE=$WORK/store
mkdir -p "$STORE/wal_005"
[ "$(id -u)" -ne 0 ] || chown -R postgres "$STORE"
store=(--store "file://$STORE")
SOCKET=
server_user() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi; }

# The cluster's WAL goes to the store uncompressed, whole or not at all.
archive_by_copy() {
  cat >>"$CLUSTER/data/postgresql.conf" <<END
archive_mode = on
archive_command = 'cp %p $STORE/wal_005/%f.tmp && mv $STORE/wal_005/%f.tmp $STORE/wal_005/%f'
END
  server_user "$SERVER_PROGRAMS/pg_ctl" -D "$CLUSTER/data" -l "$CLUSTER/server.log" -w -s -m fast restart
}
# What is committed so far is in the store when this returns.
switch_wal() {
  local segment i
  segment=$(sql "SELECT pg_walfile_name(pg_switch_wal())")
  for i in $(seq 200); do
    [ ! -e "$STORE/wal_005/$segment" ] || return 0
    sleep 0.05
  done
  fail "segment $segment is archived"
}
foreign_backup() { # prints its name
  local folder=$WORK/basebackup.$RANDOM
  mkdir "$folder"
  [ "$(id -u)" -ne 0 ] || chown postgres "$folder"
  PGPASSWORD=$(password) server_user "$SERVER_PROGRAMS/pg_basebackup" -h 127.0.0.1 -p "$(port)" -U postgres -D "$folder" \
    -X none -c fast --no-sync "$@" 2>/dev/null >&2
  FINISH_LSN=$(sql "SELECT pg_current_wal_lsn()") PG_VERSION_NUM=$(sql "SHOW server_version_num") \
    SYSTEM_IDENTIFIER=$(sql "SELECT system_identifier FROM pg_control_system()") \
    "$SOURCE_ROOT/test/support/walg_write.py" "$STORE" "$folder" 3
  rm -rf "$folder"
  switch_wal
}
