#!/usr/bin/env bash
# Base backups on the server whose programs are in PGCONTRACT_POSTGRES_BIN: local and remote, with a tablespace and an
# unlogged table, verified, restored by the independent reader, started by that server and compared; and by restore run.
#   PGCONTRACT_POSTGRES_BIN=… test/matrix/backup_test.sh PROGRAM MAJOR
PROGRAM=$1 MAJOR=$2
PGC_ARCHIVE=1
source "$(dirname "$0")/../scenario/lib.sh"
source "$(dirname "$0")/../scenario/backup_lib.sh"

up
CODE=0
pgc apply >"$OUT" 2>"$ERR" || CODE=$?
[ "$CODE" -le 1 ] || fail "apply ends" # 14 stands broken by its end of life
equals "the server is of this version" "$MAJOR" "$(($(sql "SHOW server_version_num") / 10000))"
mkdir "$WORK/space" "$WORK/space_back"
[ "$(id -u)" != 0 ] || chown postgres "$WORK/space" "$WORK/space_back"
chmod 700 "$WORK/space" "$WORK/space_back"
sql "CREATE TABLESPACE elsewhere LOCATION '$WORK/space'"
sql "CREATE TABLE public.afar TABLESPACE elsewhere AS SELECT i, md5(i::text) AS text FROM generate_series(1, 50000) AS i;
  CREATE UNLOGGED TABLE public.passing AS SELECT i FROM generate_series(1, 50000) AS i"
sql "CREATE DATABASE second"
oid=$(sql "SELECT oid FROM pg_tablespace WHERE spcname = 'elsewhere'")
for kind in local remote; do
  if [ "$kind" = local ]; then backup 0 --part-size 1; else backup 0 --part-size 1 --remote; fi
  equals "a $kind backup is complete" complete "$(fact state)"
  runs 0 pgc backup verify "$NAME"
  stop_back
  rm -rf "$WORK/space_back"
  mkdir -m 700 "$WORK/space_back"
  comes_back "$NAME" --tablespace "$oid=$WORK/space_back"
  equals "an unlogged table is there and empty" 0 "$(asked "$BACK_PORT" stratmaster "SELECT count(*) FROM public.passing")"
  same_cluster "what a $kind backup brings back"
  ok "PostgreSQL $MAJOR: a $kind base backup"
done
done_testing
