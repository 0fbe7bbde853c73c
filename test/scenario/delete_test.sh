#!/usr/bin/env bash
# Deletion: refused where it would touch more than the tenant, proved afterwards, and done again behind a restore.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
source "$(dirname "$0")/tenant_rows.sh"

a=$(hex "$TENANT_A") b=$(hex "$TENANT_B")
up
sql "ALTER SYSTEM SET max_prepared_transactions = 5; ALTER SYSTEM SET wal_level = logical" 2>/dev/null ||
  { sql "ALTER SYSTEM SET max_prepared_transactions = 5"; sql "ALTER SYSTEM SET wal_level = logical"; }
runs 0 pgc down
up_and_apply "$TENANT_A" "$TENANT_B"
fill "$TENANT_A" acme
fill "$TENANT_B" globex
sql "ALTER ROLE app_tenant_$a PASSWORD 'tenant-$TENANT_A'"
theirs() { # every row of tenant B, wherever
  sql "SELECT * FROM tenant_$b.research_projects ORDER BY id;
    SELECT * FROM stratmaster_api.reports WHERE tenant_id = '$TENANT_B' ORDER BY id;
       SELECT * FROM stratmaster_api.knowledge_chunks WHERE tenant_id = '$TENANT_B' ORDER BY document_id, position;
       SELECT * FROM stratmaster_api.knowledge_citations WHERE tenant_id = '$TENANT_B' ORDER BY report_id"
}
theirs >"$WORK/theirs"
snapshot "$WORK/before"

runs 2 pgc tenant delete "$TENANT_A"
says "--yes" "$TENANT_A"
runs 4 pgc tenant delete "$TENANT_C" --yes
says "there is no tenant"
# refused WHAT SQL-BEFORE SAYS SQL-AFTER
refused() {
  sql "$2"
  snapshot "$WORK/with"
  runs 4 pgc tenant delete "$TENANT_A" --yes
  says "$3"
  snapshot "$WORK/found"
  same_files "refused for $1, nothing is changed" "$WORK/with" "$WORK/found"
  sql "$4"
}
as_tenant "$TENANT_A" "BEGIN; INSERT INTO tenant_$a.research_projects (name) VALUES ('held'); PREPARE TRANSACTION 'held by acme'" >/dev/null
refused "a prepared transaction" "SELECT 1" "the tenant has prepared transactions: 'held by acme'" \
  "ROLLBACK PREPARED 'held by acme'" >/dev/null
refused "a publication" "CREATE PUBLICATION copies FOR TABLE tenant_$a.research_projects" "publications name what is the tenant's: copies" \
  "DROP PUBLICATION copies"
refused "a publication of its schema" "CREATE PUBLICATION copies FOR TABLES IN SCHEMA tenant_$a" "copies has the whole schema" \
  "DROP PUBLICATION copies"
refused "a view of another schema" "CREATE VIEW stratmaster_telemetry.peek AS SELECT name FROM tenant_$a.research_projects" \
  "view stratmaster_telemetry.peek" "DROP VIEW stratmaster_telemetry.peek"
refused "a foreign key of another schema" \
  "CREATE TABLE stratmaster_telemetry.points_at (id uuid REFERENCES tenant_$a.research_projects (id))" \
  "points_at" "DROP TABLE stratmaster_telemetry.points_at"
refused "a column of its row type" "CREATE TABLE stratmaster_telemetry.holds (p tenant_$a.research_projects)" \
  "stratmaster_telemetry.holds" "DROP TABLE stratmaster_telemetry.holds"
refused "a column of an array of its row type" "CREATE TABLE stratmaster_telemetry.holds (p tenant_$a.research_projects[])" \
  "stratmaster_telemetry.holds" "DROP TABLE stratmaster_telemetry.holds"
refused "a domain's constraint" "CREATE FUNCTION tenant_$a.fine(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
  CREATE DOMAIN stratmaster_telemetry.fine AS int CONSTRAINT is_fine CHECK (tenant_$a.fine(VALUE))" \
  "constraint is_fine" "DROP DOMAIN stratmaster_telemetry.fine; DROP FUNCTION tenant_$a.fine"
refused "an event trigger" "CREATE FUNCTION tenant_$a.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER watching ON sql_drop EXECUTE FUNCTION tenant_$a.watch()" \
  "event trigger watching" "DROP EVENT TRIGGER watching; DROP FUNCTION tenant_$a.watch"
refused "rows of another tenant that hang on its own" \
  "CREATE UNIQUE INDEX by_id ON stratmaster_api.reports (id);
   CREATE TABLE stratmaster_api.research_comments (tenant_id uuid, report uuid REFERENCES stratmaster_api.reports (id) ON DELETE CASCADE);
   INSERT INTO stratmaster_api.research_comments
     SELECT t, r.id FROM stratmaster_api.reports r, unnest('{$TENANT_A,$TENANT_B}'::uuid[]) t WHERE r.tenant_id = '$TENANT_A'" \
  "2 of stratmaster_api.research_comments" "DROP TABLE stratmaster_api.research_comments; DROP INDEX stratmaster_api.by_id"
refused "rows of nobody's that hang on its own" \
  "CREATE UNIQUE INDEX by_id ON stratmaster_api.reports (id);
   CREATE TABLE stratmaster_telemetry.marks (report uuid REFERENCES stratmaster_api.reports (id) ON DELETE SET NULL);
   INSERT INTO stratmaster_telemetry.marks SELECT id FROM stratmaster_api.reports WHERE title = 'acme again'" \
  "1 of stratmaster_telemetry.marks" "DROP TABLE stratmaster_telemetry.marks; DROP INDEX stratmaster_api.by_id"
refused "rows in a table of another schema" "CREATE TABLE stratmaster_telemetry.usage (tenant_id text, what text);
  INSERT INTO stratmaster_telemetry.usage VALUES (upper('${TENANT_A/1/a}'), 'not its own'), (upper('$TENANT_A'), 'its own')" \
  "1 in stratmaster_telemetry.usage" "DROP TABLE stratmaster_telemetry.usage"
refused "rows in a materialized view" \
  "CREATE MATERIALIZED VIEW stratmaster_telemetry.titles AS SELECT tenant_id, title FROM stratmaster_api.reports" \
  "2 in stratmaster_telemetry.titles" "DROP MATERIALIZED VIEW stratmaster_telemetry.titles"
refused "what its role owns elsewhere" "CREATE TABLE stratmaster_telemetry.its_own (id int);
  ALTER TABLE stratmaster_telemetry.its_own OWNER TO app_tenant_$a" \
  "table stratmaster_telemetry.its_own" "DROP TABLE stratmaster_telemetry.its_own"
sql "CREATE DATABASE elsewhere"
PGPASSWORD=$(password) psql -XAtq -h 127.0.0.1 -p "$(port)" -U postgres -d elsewhere \
  -c "CREATE TABLE t (); GRANT SELECT ON t TO app_tenant_$a"
refused "a use in another database" "SELECT 1" "in other databases of this cluster: elsewhere" "DROP DATABASE elsewhere" >/dev/null
snapshot "$WORK/after"
same_files "all that was refused changed nothing" "$WORK/before" "$WORK/after"
ok "a deletion that would touch more than the tenant is refused, says why, and changes nothing"

# What does not stand in the way: things of every kind within its schema; foreign keys that reach its own rows alone; a
# view that is empty; a shared table that inherits from one that is not shared.
sql "CREATE DOMAIN tenant_$a.research_size AS int CHECK (VALUE > 0); CREATE TYPE tenant_$a.research_pair AS (a int, b int);
     CREATE TABLE tenant_$a.research_all (id int GENERATED ALWAYS AS IDENTITY, day date, pair tenant_$a.research_pair[],
       size tenant_$a.research_size DEFAULT 1, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
     CREATE TABLE tenant_$a.research_all_1 PARTITION OF tenant_$a.research_all FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     INSERT INTO tenant_$a.research_all (day) VALUES ('2026-02-02');
     CREATE FUNCTION tenant_$a.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER touched BEFORE INSERT ON tenant_$a.research_all FOR EACH ROW EXECUTE FUNCTION tenant_$a.touch();
     CREATE STATISTICS tenant_$a.research_many ON day, size FROM tenant_$a.research_all;
     CREATE VIEW tenant_$a.research_view AS SELECT * FROM tenant_$a.research_all;
     CREATE MATERIALIZED VIEW stratmaster_telemetry.titles AS SELECT tenant_id, title FROM stratmaster_api.reports WITH NO DATA;
     CREATE TABLE stratmaster_api.research_base (created timestamptz DEFAULT now());
     CREATE TABLE stratmaster_api.research_memos (id int PRIMARY KEY, tenant_id uuid NOT NULL, body text)
       INHERITS (stratmaster_api.research_base);
     CREATE TABLE stratmaster_api.research_replies (tenant_id uuid NOT NULL, memo int REFERENCES stratmaster_api.research_memos
       ON DELETE CASCADE)"
runs 1 pgc apply # all that a program can mend: they have no revision
sql "INSERT INTO stratmaster_api.research_memos VALUES (now(), 1, '$TENANT_A', 'mine'), (now(), 2, '$TENANT_B', 'theirs');
     INSERT INTO stratmaster_api.research_replies VALUES ('$TENANT_A', 1), ('$TENANT_B', 2)"

SQL_DUMP=$WORK/before-deletion.sql
PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dump" -Fc -h 127.0.0.1 -p "$(port)" -U postgres -f "$SQL_DUMP" stratmaster
for _ in {1..5}; do
  PGPASSWORD=tenant-$TENANT_A psql -XAtq -h 127.0.0.1 -p "$(port)" -U "app_tenant_$a" -d stratmaster \
    -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
  STARTED+=($!)
done
until [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app_tenant_$a'")" = 5 ]; do sleep 0.1; done
sql "SELECT lo_from_bytea(0, repeat('large', 1000)::bytea) FROM generate_series(1, 2499); SELECT lo_create(0)" >/dev/null
sql "DO \$\$ DECLARE o oid; BEGIN
  FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP
    EXECUTE format('ALTER LARGE OBJECT %s OWNER TO app_tenant_$a', o); END LOOP; END \$\$"
wanted=$(sql "SELECT count(*) FROM stratmaster_api.knowledge_chunks WHERE tenant_id = '$TENANT_A'")
runs 0 pgc --format json tenant delete "$TENANT_A" --yes
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" || fail "the report keeps its schema"
equals "its absence is proved" proved "$(json "r['tables']['deleted'][0]['absence_proved']")"
in_inventory() { json "next(i['rows'] for i in r['tables']['inventory'] if $1)"; } # its rows
equals "its projects are in the inventory" 7 "$(in_inventory "i['object'].endswith('.research_projects')")"
equals "its shared rows are in the inventory" "$wanted" "$(in_inventory "i['object'] == 'stratmaster_api.knowledge_chunks'")"
equals "its large objects are in the inventory" 2500 "$(in_inventory "i['kind'] == 'large objects'")"
equals "rows that inherit their columns are in the inventory" 1 "$(in_inventory "i['object'] == 'stratmaster_api.research_memos'")"
equals "and gone, the other's are not" "2" "$(sql "SELECT string_agg(id::text, ',') FROM stratmaster_api.research_memos")"
equals "so do those that hang on them" "$TENANT_B" "$(sql "SELECT string_agg(tenant_id::text, ',') FROM stratmaster_api.research_replies")"
equals "no large object is left" 0 "$(sql "SELECT count(*) FROM pg_largeobject_metadata")"
equals "no schema, role or row is left" 0 "$(sql "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_$a')
  + (SELECT count(*) FROM pg_roles WHERE rolname = 'app_tenant_$a')
  + (SELECT count(*) FROM pg_stat_activity WHERE usename = 'app_tenant_$a')
  + (SELECT count(*) FROM stratmaster_api.reports WHERE tenant_id = '$TENANT_A')
  + (SELECT count(*) FROM stratmaster_api.knowledge_chunks WHERE tenant_id = '$TENANT_A')
  + (SELECT count(*) FROM stratmaster_api.research_sources WHERE tenant_id = '$TENANT_A')")"
theirs >"$WORK/found"
same_files "the other tenant has every row it had" "$WORK/theirs" "$WORK/found"
equals "the acts left evidence" "tenant_added tenant_suspended tenant_inventory tenant_inventory tenant_deleted tenant_absent" \
  "$(sql "SELECT string_agg(kind, ' ' ORDER BY id) FROM pgcontract.evidence WHERE subject = '$TENANT_A'")"
grep -q "\"id\":\"$TENANT_A\".*\"inventory_sha256\":\"$(sql "SELECT inventory_sha256 FROM pgcontract.tenant WHERE id = '$TENANT_A'")\"" \
  "$HOME_DIR/tombstones.jsonl" || fail "the tombstone is kept beside the contract"
equals "what the proof has counted" "0 0 0" "$(sql "SELECT detail->>'sessions', detail->>'rows of stratmaster_api.research_memos',
  detail->>'rows of stratmaster_api.reports' FROM pgcontract.evidence WHERE kind = 'tenant_absent'" | tr '|' ' ')"
drop_extras() {
  sql "DROP TABLE stratmaster_api.research_replies, stratmaster_api.research_memos, stratmaster_api.research_base;
       DROP MATERIALIZED VIEW stratmaster_telemetry.titles"
}
drop_extras
runs 0 pgc verify
ok "a tenant with sessions and large objects is gone, with all it had and nothing else, and that is proved"

runs 0 pgc tenant delete "$TENANT_A" --yes
says "nothing is there to delete"
runs 4 pgc tenant resume "$TENANT_A"
says "was deleted at"
runs 4 pgc tenant add "$TENANT_A"
says "--reuse-id"
mv "$HOME_DIR/tombstones.jsonl" "$WORK/tombstones"
runs 1 pgc verify --clause tenancy.deleted_stay_deleted
says "does not tell"
runs 0 pgc tenant delete "$TENANT_A" --yes
says "1 tombstone written"
cmp -s "$WORK/tombstones" "$HOME_DIR/tombstones.jsonl" || fail "a tombstone that was not kept is written again, the same"
echo "no json" >>"$HOME_DIR/tombstones.jsonl"
runs 4 pgc verify
says "tombstones.jsonl:2" "version control"
cp "$WORK/tombstones" "$HOME_DIR/tombstones.jsonl"
sql "DELETE FROM pgcontract.evidence WHERE kind = 'tenant_absent'"
runs 0 pgc --format json tenant delete "$TENANT_A" --yes # as if killed before the proof
equals "a deletion that was not proved is" proved "$(json "r['tables']['deleted'][0]['absence_proved']")"
ok "a deleted tenant stays deleted, and its tombstone is kept"

# The backup from before the deletion: the whole database as it was, its registry too; roles are not in it.
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'stratmaster' AND pid <> pg_backend_pid()" >/dev/null
PGPASSWORD=$(password) psql -XAtq -h 127.0.0.1 -p "$(port)" -U postgres -d postgres \
  -c "DROP DATABASE stratmaster" -c "CREATE DATABASE stratmaster TEMPLATE template0"
PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_restore" -h 127.0.0.1 -p "$(port)" -U postgres -d stratmaster "$SQL_DUMP" >"$OUT" 2>&1 || true
equals "it is back" 7 "$(sql "SELECT count(*) FROM tenant_$a.research_projects")"
runs 1 pgc verify --clause tenancy.deleted_stay_deleted
says "$TENANT_A" "again: its schema, its place in the registry"
runs 1 pgc plan --only tenancy.deleted_stay_deleted
says "pgcontract tenant delete --replay"
runs 4 pgc tenant add "$TENANT_A" --reuse-id
says "--replay"
runs 0 pgc tenant delete --replay --yes
drop_extras
runs 0 pgc apply
runs 0 pgc verify
equals "replayed, it is gone" 0 "$(sql "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_$a')
  + (SELECT count(*) FROM pg_roles WHERE rolname = 'app_tenant_$a')
  + (SELECT count(*) FROM stratmaster_api.reports WHERE tenant_id = '$TENANT_A')")"
theirs >"$WORK/found"
same_files "the other tenant has every row it had" "$WORK/theirs" "$WORK/found"
runs 0 pgc tenant delete --replay --yes
says "nothing is there to delete"
runs 0 pgc tenant add "$TENANT_A" --reuse-id --display-name Again
runs 0 pgc verify
runs 0 pgc --format json tenant delete "$TENANT_A" --yes
equals "of its earlier lives nothing is told" 0 "$(in_inventory "i['object'].endswith('.research_projects')")"
equals "nor counted" "$(json "sum(int(i['rows']) for i in r['tables']['inventory'])")" "$(json "r['tables']['deleted'][0]['rows']")"
runs 0 pgc verify
ok "brought back by a restore, the tenant is found by its tombstone and deleted again; its id is used again only when asked"

# 1,200 tables are more than one transaction may lock.
runs 0 pgc tenant add "$TENANT_C"
sql "DO \$\$ BEGIN FOR i IN 1..1200 LOOP EXECUTE format('CREATE TABLE tenant_$(hex "$TENANT_C").research_many_%s
  (id int PRIMARY KEY, a int UNIQUE, b int DEFAULT 1 REFERENCES tenant_$(hex "$TENANT_C").research_many_%s)', i, greatest(i - 1, 1));
  IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END \$\$"
c=$(hex "$TENANT_C")
sql "DO \$\$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('ALTER TABLE tenant_$(hex "$TENANT_C").research_many_%s
  ADD n int GENERATED ALWAYS AS IDENTITY', i); END LOOP; END \$\$;
  CREATE TABLE tenant_$c.research_tree (id int) PARTITION BY LIST (id);
  CREATE TABLE tenant_$c.research_tree_1 PARTITION OF tenant_$c.research_tree DEFAULT PARTITION BY LIST (id);
  CREATE TABLE tenant_$c.research_tree_1_1 PARTITION OF tenant_$c.research_tree_1 DEFAULT"
# Somebody else holds the tombstones while it is deleted.
(
  exec 9<"$HOME_DIR"
  flock 9
  touch "$WORK/locked"
  until [ "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'tenant_absent' AND subject = '$TENANT_C'")" = 1 ]; do
    sleep 0.2
  done
  sleep 1
  cp "$HOME_DIR/tombstones.jsonl" "$WORK/unchanged"
) &
STARTED+=($!)
until [ -e "$WORK/locked" ]; do sleep 0.1; done
runs 0 pgc tenant delete "$TENANT_C" --yes
wait "${STARTED[-1]}"
! grep -q "$TENANT_C" "$WORK/unchanged" || fail "tombstones are written by one at a time"
grep -q "$TENANT_C" "$HOME_DIR/tombstones.jsonl" || fail "its tombstone is kept"
[ "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE subject = '$TENANT_C' AND kind = 'tenant_inventory'")" -gt 2 ] ||
  fail "it took several transactions"
equals "all sequences were described" 300 "$(sql "SELECT count(*) FROM pgcontract.evidence e,
  jsonb_to_recordset(e.detail->'objects') o(object text, kind text) WHERE e.subject = '$TENANT_C' AND o.kind = 'sequence'")"
equals "all tables were described" 1200 "$(sql "SELECT count(*) FROM pgcontract.evidence e,
  jsonb_to_recordset(e.detail->'objects') o(object text)
  WHERE e.subject = '$TENANT_C' AND o.object ~ 'research_many_[0-9]+\$'")"
runs 0 pgc verify
ok "a schema of 1,200 tables, many with sequences, goes in several transactions that fit the server's lock table"

# Somebody who is no superuser.
runs 0 pgc tenant add "$TENANT_C" --reuse-id
sql "CREATE ROLE dba LOGIN PASSWORD 'dba' CREATEROLE BYPASSRLS IN ROLE pgc_owner, pgc_definer, pg_signal_backend;
     GRANT CONNECT ON DATABASE stratmaster TO dba; GRANT SELECT ON pg_largeobject TO dba"
sed -i 's|^  compose: .*|  compose: { dsn_from: env:DBA_DSN }|' "$CONTRACT"
DBA_DSN="postgresql://dba:dba@127.0.0.1:$(port)/stratmaster"
export DBA_DSN
snapshot "$WORK/before"
runs 4 pgc --env compose tenant delete "$TENANT_C" --yes
says "may not become app_tenant_$(hex "$TENANT_C")" "GRANT app_tenant_$(hex "$TENANT_C") TO dba"
runs 4 pgc --env compose tenant export "$TENANT_C" --output "$WORK/export"
says "may not become app_tenant_$(hex "$TENANT_C")"
snapshot "$WORK/found"
same_files "nobody is suspended by who may not delete" "$WORK/before" "$WORK/found"
sql "GRANT app_tenant_$(hex "$TENANT_C") TO dba WITH ADMIN OPTION"
runs 0 pgc --env compose tenant export "$TENANT_C" --output "$WORK/export"
runs 0 pgc --env compose tenant delete "$TENANT_C" --yes
runs 0 pgc --env compose verify --clause tenancy.deleted_stay_deleted
ok "a role that may not become the tenant is told so before anything is done"
done_testing
