# Sourced after lib.sh: base backups of the embedded cluster, restored by the reader that shares no code with the program
# (test/interop/walg_restore.py), started by PostgreSQL and compared. Before lib.sh: PGC_ARCHIVE=1. shellcheck shell=bash
STORE=$CLUSTER.store
READER=$SOURCE_ROOT/test/interop/walg_restore.py
if [ "$(id -u)" = 0 ]; then
  as_server() { setpriv --reuid postgres --regid postgres --clear-groups -- env HOME="$WORK" "$@"; }
else
  as_server() { "$@"; }
fi
fact() { json "next(f['value'] for f in r['tables']['backup'] if f['fact'] == '$1')"; }
# backup CODE WORDS…: takes one; its name is in $NAME.
backup() {
  local code=$1
  shift
  runs "$code" pgc --format json backup base "$@"
  NAME=$(fact name)
}
parts_of() { ls "${2:-$STORE}/basebackups_005/$1/tar_partitions"; }
# dumped PORT: everything that a cluster holds, without the contents of unlogged tables and the evidence of backups, which
# goes on growing.
dumped() {
  if [ ! -x "$SERVER_PROGRAMS/pg_dumpall" ]; then
    hashed "$1"
    return
  fi
  PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dumpall" -h 127.0.0.1 -p "$1" -U postgres --no-unlogged-table-data |
    sed '/^\\restrict/d; /^\\unrestrict/d; s/LOCATION .*/LOCATION/; /^COPY pgcontract.evidence /,/^\\\.$/d; /evidence_id_seq/d'
}
# The same where a server came without pg_dumpall: every table's number of rows and hash, every object's name.
hashed() {
  local database
  for database in $(asked "$1" postgres "SELECT datname FROM pg_database WHERE datallowconn AND datname !~ '^template' ORDER BY 1"); do
    echo "database $database"
    asked "$1" "$database" "SELECT c.oid::regclass, c.relkind, c.relfilenode, c.relowner::regrole, c.relacl
      FROM pg_class AS c ORDER BY c.oid"
    PGPASSWORD=$(password) psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U postgres -d "$database" <<'SQL'
SELECT pg_catalog.format('SELECT %L, count(*), md5(string_agg(t::text, E''\n'' ORDER BY t::text)) FROM %s AS t',
  c.oid::regclass, c.oid::regclass)
FROM pg_class AS c WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384 AND c.relname <> 'evidence' ORDER BY c.oid \gexec
SQL
  done
}
asked() { PGPASSWORD=$(password) psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U postgres -d "$2" -c "$3"; }
# comes_back NAME [READER'S OPTIONS…]: restored by the independent reader, recovered and promoted on $BACK_PORT.
BACK_PORT=5811
comes_back() {
  local name=$1 back=$WORK/back key=()
  shift
  stop_back
  rm -rf "$back"
  mkdir -m 700 "$back"
  "$READER" "$STORE" fetch "$name" "$back" "$@" >"$OUT" 2>"$ERR" || fail "the independent reader restores $name"
  [[ " $* " != *" --key "* ]] || key=(--key "$KEY")
  cat >>"$back/postgresql.auto.conf" <<X
restore_command = '$READER $STORE wal %f %p ${key[*]}'
recovery_target = 'immediate'
recovery_target_action = 'promote'
X
  touch "$back/recovery.signal"
  [ "$(id -u)" != 0 ] || chown -R postgres "$back" "$WORK"/space_back 2>/dev/null || true
  as_server "$SERVER_PROGRAMS/pg_ctl" -D "$back" -l "$back/log" -t 120 -w \
    -o "-c port=$BACK_PORT -c unix_socket_directories=$WORK/sockets -c archive_mode=off" start >"$OUT" 2>"$ERR" ||
    { tail -20 "$back/log"; fail "PostgreSQL starts what the reader restored of $name"; }
  for _ in $(seq 300); do
    [ "$(asked $BACK_PORT postgres "SELECT pg_is_in_recovery()" 2>/dev/null)" != f ] || return 0
    sleep 0.1
  done
  tail -20 "$back/log"
  fail "the recovery of $name ends"
}
stop_back() { [ ! -e "$WORK/back/postmaster.pid" ] || as_server "$SERVER_PROGRAMS/pg_ctl" -D "$WORK/back" -m fast -w stop >/dev/null; }
CLEANUPS+=(stop_back)
mkdir -m 777 "$WORK/sockets"
# same_cluster WHAT: the restored one and the source hold the same, and its pages have the checksums they should.
same_cluster() {
  dumped "$(port)" >"$WORK/source.sql"
  dumped "$BACK_PORT" >"$WORK/back.sql"
  [ "$(wc -l <"$WORK/source.sql")" -gt 300 ] || fail "the dump is one of a cluster"
  same_files "$1" "$WORK/source.sql" "$WORK/back.sql"
  stop_back
  if [ "$(sql "SHOW data_checksums")" = on ] && [ -x "$SERVER_PROGRAMS/pg_checksums" ]; then
    as_server "$SERVER_PROGRAMS/pg_checksums" --check -D "$WORK/back" >"$OUT" 2>"$ERR" || fail "$1: pages are whole"
  fi
}
