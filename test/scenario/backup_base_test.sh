#!/usr/bin/env bash
# Base backups end to end: taken local and remote, with zstd, lz4 and encryption, of tablespaces, an unlogged table and a
# file larger than a part; restored by a reader that shares no code with the program, started and compared. Then damage
# of every kind, which verify must name.
PROGRAM=$1
PGC_ARCHIVE=1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/backup_lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B"
mkdir -m 777 "$WORK/space" "$WORK/space_back"
[ "$(id -u)" != 0 ] || chown postgres "$WORK/space" "$WORK/space_back"
chmod 700 "$WORK/space" "$WORK/space_back"
sql "CREATE TABLESPACE elsewhere LOCATION '$WORK/space'"
sql "CREATE TABLE public.afar (n int, text text) TABLESPACE elsewhere;
  INSERT INTO public.afar SELECT i, md5(i::text) FROM generate_series(1, 20000) AS i;
  CREATE TABLE public.large AS SELECT i, md5(i::text) AS a, md5((-i)::text) AS b FROM generate_series(1, 60000) AS i;
  CREATE UNLOGGED TABLE public.passing AS SELECT i FROM generate_series(1, 50000) AS i;
  CREATE TABLE public.\"odd näme\" (\"a b\" int)"
sql "CREATE DATABASE second" # with a folder of its own
OID=$(sql "SELECT oid FROM pg_tablespace WHERE spcname = 'elsewhere'")
UNLOGGED=$(sql "SELECT pg_relation_filepath('public.passing')")
TO_SPACE=(--tablespace "$OID=$WORK/space_back")

backup 0 --part-size 1 --workers 3
valid_report
equals "it is complete" complete "$(fact state)"
FIRST=$NAME
[ "$(parts_of "$FIRST" | grep -c '^part_.*\.tar\.zst$')" -ge 4 ] || fail "it has parts"
comes_back "$FIRST" "${TO_SPACE[@]}"
equals "an unlogged table is there and empty" 0 "$(asked $BACK_PORT stratmaster "SELECT count(*) FROM public.passing")"
asked $BACK_PORT stratmaster "INSERT INTO public.passing VALUES (1)"
equals "the tablespace lies where it was put" "$WORK/space_back" \
  "$(asked $BACK_PORT stratmaster "SELECT pg_tablespace_location($OID)")"
same_cluster "what a local backup brings back"
ok "local, zstd, tablespace, unlogged table, files larger than a part"

zstdcat "$STORE/basebackups_005/$FIRST"/tar_partitions/part_*.zst | tar -tiP --ignore-zeros | sort >"$WORK/members"
for path in pg_wal base/pgsql_tmp log; do
  if grep -q "^/$path/." "$WORK/members"; then fail "$path is kept empty"; fi
done
grep -qx "/${UNLOGGED}_init" "$WORK/members" || fail "the init fork of an unlogged table is there"
if grep -qx "/$UNLOGGED" "$WORK/members"; then fail "an unlogged table's contents are left out"; fi
for leaf in postmaster.pid postmaster.opts pg_internal.init backup_manifest current_logfiles; do
  if grep -q "/$leaf\$" "$WORK/members"; then fail "$leaf is left out"; fi
done
ok "what PostgreSQL leaves out is left out"

rm -rf "$WORK/space_back"/*
backup 0 --remote --part-size 1 --permanent
valid_report
REMOTE=$NAME
comes_back "$REMOTE" "${TO_SPACE[@]}"
same_cluster "what a remote backup brings back"
ok "remote, by the replication protocol"

rm -rf "$WORK/space_back"/*
sed -i 's/wal: continuous/wal: continuous\n  compression: lz4/' "$CONTRACT"
backup 0
LZ4=$NAME
parts_of "$LZ4" | grep -q '^part_001.tar.lz4$' || fail "its parts are lz4"
comes_back "$LZ4" "${TO_SPACE[@]}"
same_cluster "what a backup with lz4 brings back"
ok "lz4"

rm -rf "$WORK/space_back"/*
KEY=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "$KEY" >"$WORK/key"
chmod 600 "$WORK/key"
[ "$(id -u)" != 0 ] || chown postgres "$WORK/key" # archive_command reads it, too
sed -i "s|compression: lz4|encryption_key: file:$WORK/key\n  key_transform: hex|" "$CONTRACT"
backup 0
SEALED=$NAME
equals "it says that it is encrypted" yes "$(fact encrypted)"
if zstd -tq "$STORE/basebackups_005/$SEALED/tar_partitions/part_001.tar.zst" 2>/dev/null; then fail "its parts are encrypted"; fi
comes_back "$SEALED" "${TO_SPACE[@]}" --key "$KEY"
same_cluster "what an encrypted backup brings back"
runs 0 pgc backup verify "$SEALED"
if grep -rqaF "$KEY" "$OUT" "$ERR" "$CLUSTER/server.log" "$STORE"; then fail "the key is nowhere"; fi
ok "encrypted as wal-g does it with libsodium"

cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
runs 0 pgc backup verify "$FIRST" "$REMOTE"
runs 0 pgc --format json backup list
valid_report
equals "all are listed, by age" "$FIRST $REMOTE $LZ4 $SEALED" "$(json "' '.join(b['name'] for b in r['tables']['backups'])")"
equals "and what was verified is" "verified verified complete verified" "$(json "' '.join(b['state'] for b in r['tables']['backups'])")"
equals "the reader sees the same" "$(printf '%s\n' "$FIRST" "$REMOTE" "$LZ4" "$SEALED" | sort)" "$("$READER" "$STORE" list)"
runs 0 pgc --format json backup show "$REMOTE"
valid_report
equals "a permanent one is" yes "$(fact permanent)"
runs 0 pgc backup mark "$REMOTE" --no-permanent
runs 0 pgc --format json backup show "$REMOTE"
equals "until it is no longer" no "$(fact permanent)"
equals "metadata.json, which wal-g reads, says the same" False \
  "$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["is_permanent"])' \
    "$STORE/basebackups_005/$REMOTE/metadata.json")"
runs 4 pgc backup show base_000000010000000000000099
says "there is no base backup"
runs 2 pgc backup mark "$REMOTE"
equals "the ledger has it" "backup_complete backup_verified base_backup" \
  "$(sql "SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM pgcontract.evidence WHERE subject = '$FIRST'")"
ok "list, show, verify and mark"

# damaged WHAT ACT NAMED: a copy of the store with this done to it; verify ends with 1 and names it, list shows it then.
FOLDER=basebackups_005/$FIRST
PART=$FOLDER/tar_partitions/part_001.tar.zst
damaged() {
  rm -rf "$WORK/damaged"
  cp -a "$STORE" "$WORK/damaged"
  (cd "$WORK/damaged" && eval "$2") || fail "$1 is done"
  runs 1 pgc backup verify "$FIRST" --store "file://$WORK/damaged"
  says "$3"
  runs 0 pgc --format json backup list --store "file://$WORK/damaged"
  equals "$1 is no verified backup" False \
    "$(json "any(b['name'] == '$FIRST' and b['state'] == 'verified' and not b['problem'] for b in r['tables']['backups'])")"
}
flip() { /usr/bin/python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]) if len(sys.argv) > 2 else f.seek(0, 2) // 2)
    at = f.tell(); b = f.read(1)[0]; f.seek(at); f.write(bytes([b ^ 4]))' "$@"; }
damaged "a flipped bit" "flip $PART" "part_001.tar.zst: its bytes are not those that were stored"
damaged "a part that is gone" "rm $FOLDER/tar_partitions/part_003.tar.zst" "part_003.tar.zst: it is missing"
damaged "a part cut off" "truncate -s -100 $PART" "part_001.tar.zst: it has"
damaged "an empty part" ": >$PART" "part_001.tar.zst: it has 0 bytes"
damaged "pg_control that is gone" "rm $FOLDER/tar_partitions/pg_control.tar.zst" "pg_control.tar.zst: it is missing"
damaged "two parts swapped" \
  "mv $PART x; mv $FOLDER/tar_partitions/part_002.tar.zst $PART; mv x $FOLDER/tar_partitions/part_002.tar.zst" "part_001.tar.zst"
damaged "a part too many" "cp $PART $FOLDER/tar_partitions/part_999.tar.zst" "part_999.tar.zst: it is not in the manifest"
damaged "a manifest with a flipped bit" "flip $FOLDER/pgcontract_manifest.json" "$FIRST"
damaged "a manifest that is empty" ": >$FOLDER/pgcontract_manifest.json" "pgcontract_manifest.json"
damaged "a list of files that is damaged" "flip $FOLDER/pgcontract_files.jsonl.zst" "pgcontract_files.jsonl.zst"
damaged "files_metadata.json that is gone" "rm $FOLDER/files_metadata.json" "files_metadata.json: it is missing"
damaged "files_metadata.json that was changed" "flip $FOLDER/files_metadata.json" "files_metadata.json: its bytes"
damaged "metadata.json that is gone" "rm $FOLDER/metadata.json" "metadata.json"
damaged "a sentinel that is no JSON" "truncate -s 40 basebackups_005/${FIRST}_backup_stop_sentinel.json" "the sentinel"
damaged "WAL that is gone" "rm wal_005/${FIRST#base_}.zst" "${FIRST#base_}"
damaged "WAL of no bytes" ": >wal_005/${FIRST#base_}.zst" "${FIRST#base_}"
damaged "WAL with a flipped bit" "flip wal_005/${FIRST#base_}.zst" "${FIRST#base_}"
runs 0 pgc backup verify "$FIRST"
ok "each kind of damage is named"

# A page of the server's own disk that is damaged: told, and the backup is made all the same.
if [ "$(sql "SHOW data_checksums")" = on ]; then
  LARGE=$(sql "SELECT pg_relation_filepath('public.large')")
  sql "CHECKPOINT"
  flip "$CLUSTER/data/$LARGE" 60000
  backup 1
  valid_report
  says "$LARGE block 7"
  flip "$CLUSTER/data/$LARGE" 60000
  ok "a damaged page on the server's disk is found on the way"
fi

# What cannot be: not the server's machine, no archiving.
runs 4 pgc backup base --store "file:///proc/nowhere"
[ -z "$(find "$STORE/basebackups_005" -name '*.tmp*')" ] || fail "nothing is left half written"
sed -i "s/^archive_mode.*/archive_mode = off/" "$CLUSTER/data/pgcontract.conf"
as_server "$SERVER_PROGRAMS/pg_ctl" -D "$CLUSTER/data" -l "$CLUSTER/server.log" -w -s -m fast restart
if [ "$(sql "SHOW archive_mode")" = off ]; then
  backup 1
  says "archive_mode is off" "cannot be restored until its WAL is archived"
  equals "it is only taken" taken "$(fact state)"
  ok "without archiving a backup stays taken"
fi
done_testing
