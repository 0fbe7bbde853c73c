#!/usr/bin/env bash
# The drill is itself put to the test: a store damaged in each way that backups get damaged turns it red, for that reason.
# A restore that was killed, or had no room, is no data directory; what would write into the source is refused.
PROGRAM=$1
PGC_ARCHIVE=1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/../scenario/backup_lib.sh"
check() { json "next(c['verdict'] + ': ' + c['found'] for c in r['tables']['checks'] if c['check'] == '$1')"; }
drill=(drill run --target latest --work-dir "$WORK/scratch" --no-record)
BROKEN=$WORK/broken
# damaged WHAT COMMAND: a copy of the store with something done to it in its folder.
damaged() {
  WHAT=$1
  rm -rf "$BROKEN"
  cp -r "$STORE" "$BROKEN"
  (cd "$BROKEN" && eval "$2") || fail "$WHAT: the damage was done"
}
# red TEXT…: the drill fails, says each of these, and leaves nothing behind.
red() {
  CODE=0
  pgc "${drill[@]}" --store "file://$BROKEN" >"$OUT" 2>"$ERR" </dev/null || CODE=$?
  [ "$CODE" -eq 1 ] || fail "$WHAT: the drill ends with 1"
  says "failed" "$@"
  equals "$WHAT: nothing is left" "" "$(ls -d "$WORK"/scratch/pgcontract-scratch-* 2>/dev/null || true)"
  ok "$WHAT"
}

up_and_apply "$TENANT_A" "$TENANT_B"
sql "CREATE TABLE public.ballast AS SELECT i, md5(i::text) FROM generate_series(1, 60000) AS i"
backup 0 --part-size 4
sql "CREATE TABLE public.later AS SELECT i FROM generate_series(1, 200000) AS i; SELECT pg_switch_wal()" >/dev/null
sql "INSERT INTO public.later SELECT 1; SELECT pg_switch_wal()" >/dev/null
SEGMENT=$(cd "$STORE/wal_005" && ls | grep -E '^[0-9A-F]{24}\.zst$' | tail -1 | cut -d. -f1)
for _ in $(seq 100); do [ ! -e "$STORE/wal_005/$SEGMENT.zst" ] || break; sleep 0.1; done
sleep 2
mapfile -t SEGMENTS < <(cd "$STORE/wal_005" && ls | grep -E '^[0-9A-F]{24}\.zst$' | tail -3)
PARTS=$STORE/basebackups_005/$NAME/tar_partitions
PART=$(cd "$PARTS" && ls -S part_* | head -1)
HERE=basebackups_005/$NAME
runs 0 pgc "${drill[@]}"
ok "undamaged, the drill is green"

damaged "a part is gone" "rm $HERE/tar_partitions/$PART"
red "$PART"
damaged "a bit of a part is another" "/usr/bin/python3 -c \"
import pathlib; p = pathlib.Path('$HERE/tar_partitions/$PART'); b = bytearray(p.read_bytes()); b[len(b) // 2] ^= 4; p.write_bytes(b)\""
red "$PART"
damaged "a part is cut off" "truncate -s -1000 $HERE/tar_partitions/$PART"
red "$PART"
damaged "a part is empty" ": > $HERE/tar_partitions/$PART"
red "$PART"
damaged "pg_control is gone" "rm $HERE/tar_partitions/pg_control.tar.zst"
red "pg_control"
damaged "a part is another backup's" "cp $HERE/tar_partitions/backup_label.tar.zst $HERE/tar_partitions/$PART"
red "$PART"
damaged "the manifest is damaged" "echo '{\"objects\": [' > $HERE/pgcontract_manifest.json"
red "manifest"
damaged "the list of files is cut" "truncate -s -40 $HERE/pgcontract_files.jsonl.zst"
red "pgcontract_files.jsonl.zst"
damaged "a segment of WAL is gone" "rm wal_005/${SEGMENTS[1]}"
red "${SEGMENTS[1]%.zst}"
damaged "a segment has another one's content" "cp wal_005/${SEGMENTS[0]} wal_005/${SEGMENTS[1]}"
red "${SEGMENTS[1]%.zst}"
damaged "a segment is cut off" "truncate -s -500 wal_005/${SEGMENTS[1]}"
red "${SEGMENTS[1]%.zst}"
# rewritten COMMAND: done to the plain segment `s`.
rewritten() { echo "zstd -dcq wal_005/${SEGMENTS[1]} >s && $1 && zstd -qf s -o wal_005/${SEGMENTS[1]} && rm s"; }
damaged "a segment is of another cluster" "$(rewritten "printf 'XXXXXXXX' | dd of=s bs=1 seek=24 conv=notrunc 2>/dev/null")"
red "${SEGMENTS[1]%.zst}"
damaged "the inside of a segment is damaged" \
  "$(rewritten "dd if=/dev/zero of=s bs=8192 seek=3 count=200 conv=notrunc 2>/dev/null")"
red "replay"

# A member that climbs out of the folder, in a part whose digest the manifest gives: whoever can write to the store.
damaged "a name climbs out" "/usr/bin/python3 - <<'END'
import hashlib, io, json, pathlib, subprocess, tarfile
folder = pathlib.Path('$HERE')
part = folder / 'tar_partitions' / '$PART'
plain = subprocess.run(['zstd', '-dc', part], stdout=subprocess.PIPE, check=True).stdout
out = io.BytesIO()
with tarfile.open(fileobj=io.BytesIO(plain)) as old, tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as new:
    evil = tarfile.TarInfo('../../climbed'); evil.size = 4
    new.addfile(evil, io.BytesIO(b'here'))
    for member in old: new.addfile(member, old.extractfile(member) if member.isreg() else None)
sealed = subprocess.run(['zstd', '-c'], input=out.getvalue(), stdout=subprocess.PIPE, check=True).stdout
digest = hashlib.sha256(part.read_bytes()).hexdigest()
size = part.stat().st_size
part.write_bytes(sealed)
manifest = folder / 'pgcontract_manifest.json'
text = manifest.read_text().replace(digest, hashlib.sha256(sealed).hexdigest()).replace(str(size), str(len(sealed)))
manifest.write_text(text)
END"
red "$PART" "names a file outside of its folder"
[ ! -e "$WORK/climbed" ] && [ ! -e "$WORK/scratch/climbed" ] || fail "nothing was written outside of the folder"

# A restore that is killed, or has no room.
in_background restore run --to "$WORK/killed" --workers 1
for _ in $(seq 2000); do
  [ ! -e "$WORK/killed/base" ] || break
  sleep 0.002
done
kill -9 "$PID" 2>/dev/null || true
ends "$PID"
equals "it was killed in the middle" 137 "$CODE"
[ ! -e "$WORK/killed/global/pg_control" ] || fail "what is half done has no pg_control, and does not start"
runs 4 pgc restore run --to "$WORK/killed"
says "killed"
if [ "$(id -u)" = 0 ] && mkdir "$WORK/small" && mount -t tmpfs -o size=20m none "$WORK/small" 2>/dev/null; then
  CLEANUPS+=("umount '$WORK/small'")
  runs 4 pgc restore run --to "$WORK/small/data"
  says "$WORK/small"
  [ ! -e "$WORK/small/data/global/pg_control" ] || fail "without room there is no cluster"
fi
runs 0 pgc restore run --to "$WORK/whole"
[ -e "$WORK/whole/global/pg_control" ] || fail "a whole one has it"
grep -q "^archive_mode = 'off'" "$WORK/whole/postgresql.auto.conf" || fail "what is restored archives nothing"
ok "a restore that was killed or had no room is no data directory"

# Sealed, and cut at the border of a chunk: what is left decrypts without an error, but the end is missing.
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$WORK/key"
chmod 600 "$WORK/key"
[ "$(id -u)" != 0 ] || chown postgres "$WORK/key" # the server archives with it
sed -i "s|^  logical: nightly|  encryption_key: file:$WORK/key\n  key_transform: hex\n  logical: nightly|" "$CONTRACT"
pgc down --remove --yes >"$OUT" 2>"$ERR" || fail "the cluster goes"
up_and_apply "$TENANT_A"
backup 0
PART=$(cd "$STORE/basebackups_005/$NAME/tar_partitions" && ls -S part_* | head -1)
runs 0 pgc "${drill[@]}"
damaged "a sealed object is cut at a chunk" "truncate -s \$((24 + 8209 * 3)) basebackups_005/$NAME/tar_partitions/$PART"
red "$PART"
printf '%064d' 0 >"$WORK/key"
WHAT="another key"
BROKEN=$STORE
red "not its key"
done_testing
