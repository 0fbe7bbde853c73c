#!/usr/bin/env bash
# Logical backups: all of a database comes back by plain pg_restore, one tenant alone does too, an encrypted one through
# `backup fetch`; then what prune lets go, shows before, asks for, and never leaves half.
PROGRAM=$1
PGC_ARCHIVE=1
source "$(dirname "$0")/lib.sh"
STORE=$CLUSTER.store
export PGPASSWORD PGHOST=127.0.0.1 PGUSER=postgres PGPORT
fact() { json "next(f['value'] for f in r['tables']['backup'] if f['fact'] == '$1')"; }
programs() { "$SERVER_PROGRAMS/$1" "${@:2}"; }
plain() { zstd -dcq "$1"; }
# content DATABASE FILE: all of it as pg_dump writes it, but for what the backup itself left as evidence.
content() {
  programs pg_dump -d "$1" | grep -vE '^(--|\\(un)?restrict|SET |SELECT pg_catalog.set_config|$)|logical_backup|evidence_id_seq.*true' >"$2"
}
# bring_back FOLDER DATABASE: by the lines of the command's own page.
bring_back() {
  local dump
  programs createdb -T template0 "$2"
  plain "$1/00_database.dump.zst" | programs pg_restore -e -d "$2" --section=pre-data --section=data
  for dump in "$1"/[0-9]*_schemas.dump.zst; do plain "$dump" | programs pg_restore -e -d "$2"; done
  plain "$1/00_database.dump.zst" | programs pg_restore -e -d "$2" --section=post-data
  [ ! -e "$1/publications.sql.zst" ] || plain "$1/publications.sql.zst" | programs psql -Xq -v ON_ERROR_STOP=1 -d "$2" >/dev/null
}

up_and_apply "$TENANT_A" "$TENANT_B"
PGPASSWORD=$(password) PGPORT=$(port)
sql "CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA extensions;
  CREATE TABLE tenant_$(hex "$TENANT_A").\"Odd; name\" (id int PRIMARY KEY, note text, raw bytea);
  INSERT INTO tenant_$(hex "$TENANT_A").\"Odd; name\" SELECT i, E'line\\n' || i, decode(md5(i::text), 'hex')
    FROM generate_series(1, 2000) AS i;
  CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION reported FOR TABLE stratmaster_api.reports;
  CREATE FUNCTION stratmaster_api.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION stratmaster_api.watch();
  SELECT lo_from_bytea(0, 'a large object');
  CREATE SEQUENCE stratmaster_api.odd_seq; SELECT nextval('stratmaster_api.odd_seq');
  CREATE MATERIALIZED VIEW stratmaster_api.counted AS SELECT count(*) FROM stratmaster_api.reports" >/dev/null
validated 0 backup logical
ID=$(fact id)
FOLDER=$STORE/logical/$ID
[ -s "$FOLDER/catalogue.json" ] || fail "the catalogue is there"
equals "nobody's password is in the globals" 0 "$(plain "$FOLDER/globals.sql.zst" | grep -c PASSWORD || true)"
plain "$FOLDER/globals.sql.zst" | grep -q "app_tenant_$(hex "$TENANT_A")" || fail "roles are in the globals"
equals "evidence" "$ID" "$(sql "SELECT subject FROM pgcontract.evidence WHERE kind = 'logical_backup'")"
sql "DROP EVENT TRIGGER watching" # it would watch the restore too
content stratmaster "$WORK/live"
bring_back "$FOLDER" again
programs psql -Xq -d again -c "DROP EVENT TRIGGER watching"
content again "$WORK/again"
same_files "what came back is what was there" <(sort "$WORK/live") <(sort "$WORK/again")
grep -q "a large object\|lo_create\|\\\\x61206c61726765" "$WORK/again" || fail "large objects came along"
ok "a logical backup restores by pg_restore alone, without a loss"

validated 0 backup logical --tenant "$TENANT_A"
TENANT_ID=$(fact id)
equals "it is of the tenant" "$TENANT_A" "$(fact tenant)"
programs createdb -T template0 one
programs psql -Xq -d one -c "CREATE SCHEMA extensions" -c "CREATE EXTENSION pgcrypto SCHEMA extensions"
for dump in "$STORE/logical/$TENANT_ID"/*.dump.zst; do plain "$dump" | programs pg_restore -d one 2>"$WORK/restore.err" || true; done
equals "the tenant's rows" 2000 "$(programs psql -XAtq -d one -c "SELECT count(*) FROM tenant_$(hex "$TENANT_A").\"Odd; name\"")"
equals "and nobody else's schema" 0 \
  "$(programs psql -XAtq -d one -c "SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_$(hex "$TENANT_B")'")"
ok "one tenant alone"

# With a key nothing in the store is readable but through the program.
KEY=$WORK/key
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$KEY"
chmod 600 "$KEY"
cp "$CONTRACT" "$WORK/plain.yaml"
sed -i "s|^  logical: nightly|  encryption_key: file:$KEY\n  key_transform: hex\n  logical: nightly|" "$CONTRACT"
validated 0 backup logical --store "file://$WORK/sealed"
SEALED=$(ls "$WORK/sealed/logical")
! zstd -tq "$WORK/sealed/logical/$SEALED/01_schemas.dump.zst" 2>/dev/null || fail "it is sealed"
runs 0 pgc backup fetch "logical/$SEALED/01_schemas.dump.zst" "$WORK/01.dump" --store "file://$WORK/sealed"
programs pg_restore -l "$WORK/01.dump" >"$WORK/list" || fail "what was fetched is a dump"
runs 4 pgc backup fetch "logical/$SEALED/01_schemas.dump.zst" "$WORK/01.dump" --store "file://$WORK/sealed"
says "is there already"
head -c 4000 "$WORK/sealed/logical/$SEALED/01_schemas.dump.zst" >"$WORK/cut"
cp "$WORK/cut" "$WORK/sealed/logical/$SEALED/01_schemas.dump.zst"
runs 4 pgc backup fetch "logical/$SEALED/01_schemas.dump.zst" "$WORK/02.dump" --store "file://$WORK/sealed"
[ ! -e "$WORK/02.dump" ] || fail "what is cut off makes no file"
ok "sealed, and fetched with the key"

# Prune: twenty old backups by their names alone would be a pretence, so the catalogues of real ones are aged.
cp "$WORK/plain.yaml" "$CONTRACT"
aged() { # aged DAYS: a copy of the backup, as if taken then
  local day copy
  day=$(date -u -d "$1 days ago" +%Y%m%dT%H%M%SZ)
  copy=$STORE/logical/$day
  cp -r "$FOLDER" "$copy"
  /usr/bin/python3 - "$copy/catalogue.json" "$ID" "$day" "$1" <<'END'
import datetime, json, pathlib, re, sys
path, old, new, days = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
text = path.read_text().replace(old, new)
def older(match):
    at = datetime.datetime.strptime(match.group(0), "%Y-%m-%dT%H:%M:%S.%fZ") - datetime.timedelta(days=days)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
path.write_text(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", older, text))
END
  echo "$day"
}
NIGHT=$(aged 10)
OLD=$(aged 500)
mkdir "$STORE/logical/20200101T000000Z" # one that never ended
cp "$FOLDER/globals.sql.zst" "$STORE/logical/20200101T000000Z/"
touch -d '2020-01-01' "$STORE/logical/20200101T000000Z/globals.sql.zst"
runs 0 pgc backup prune --dry-run
says "$OLD" "$NIGHT" "goes" "20200101T000000Z"
[ -e "$STORE/logical/$OLD/catalogue.json" ] || fail "a plan removes nothing"
runs 2 pgc backup prune
[ -e "$STORE/logical/$OLD/catalogue.json" ] || fail "nobody was asked, nothing is removed"
validated 0 backup prune --yes
[ ! -e "$STORE/logical/$OLD/catalogue.json" ] || fail "the old one is gone"
[ ! -e "$STORE/logical/20200101T000000Z/globals.sql.zst" ] || fail "what never ended is gone"
[ -s "$STORE/logical/$NIGHT/catalogue.json" ] || fail "a promised night stays"
[ -s "$STORE/logical/$ID/catalogue.json" ] || fail "the newest stays"
equals "evidence of it" 1 "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'prune'")"
sed -i "s|^  logical: nightly|  holds: [{ backup: $(aged 600), reason: the court wants it, by: legal }]\n  logical: nightly|" "$CONTRACT"
runs 0 pgc backup prune --yes
says "the court wants it" "Nothing goes"
ok "prune shows, asks, removes what no promise needs, and keeps what is held"

# Base backups and WAL: the old one goes with its WAL, and what stays can be restored.
cp "$WORK/plain.yaml" "$CONTRACT"
sed -i 's/point_in_time: 30 days, nightly: 90 days, monthly: 365 days/point_in_time: 1 day/' "$CONTRACT"
runs 0 pgc backup base
FIRST=$(ls "$STORE/basebackups_005" | sed -n 's/_backup_stop_sentinel.json$//p')
sql "SELECT pg_switch_wal()" >/dev/null
runs 0 pgc backup base
SECOND=$(ls "$STORE/basebackups_005" | sed -n 's/_backup_stop_sentinel.json$//p' | tail -1)
# Nine days pass: times in its documents and of the files.
/usr/bin/python3 - "$STORE/basebackups_005" <<'END'
import datetime, pathlib, re, sys
def older(match):
    text = match.group(0)
    at = datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S") - datetime.timedelta(days=9)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + text[19:]
for path in pathlib.Path(sys.argv[1]).rglob("*.json"):
    path.write_text(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", older, path.read_text()))
END
find "$STORE/wal_005" "$STORE/basebackups_005" -type f -exec touch -d '9 days ago' {} +
rm -rf "$STORE/basebackups_005/$FIRST/pgcontract_manifest.json.bak"
WAL_BEFORE=$(ls "$STORE/wal_005" | wc -l)
runs 0 pgc backup prune --yes
[ ! -e "$STORE/basebackups_005/${FIRST}_backup_stop_sentinel.json" ] || fail "the first base backup is gone"
[ -e "$STORE/basebackups_005/${SECOND}_backup_stop_sentinel.json" ] || fail "the second stays"
[ "$(ls "$STORE/wal_005" | wc -l)" -lt "$WAL_BEFORE" ] || fail "WAL of the first is gone"
runs 0 pgc restore run --to "$WORK/restored" --dry-run
says "$SECOND"
runs 0 pgc backup windows
ok "an old base backup goes with its WAL, and every window stays whole"
done_testing
