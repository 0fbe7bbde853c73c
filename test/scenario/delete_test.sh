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

SQL_DUMP=$WORK/before-deletion.sql
PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dump" -Fc -h 127.0.0.1 -p "$(port)" -U postgres -f "$SQL_DUMP" stratmaster
for _ in {1..5}; do
  PGPASSWORD=tenant-$TENANT_A psql -XAtq -h 127.0.0.1 -p "$(port)" -U "app_tenant_$a" -d stratmaster \
    -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
  STARTED+=($!)
done
until [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app_tenant_$a'")" = 5 ]; do sleep 0.1; done
sql "SELECT lo_from_bytea(0, 'large') FROM generate_series(1, 2500)" >/dev/null
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
runs 0 pgc tenant delete "$TENANT_A" --yes
runs 0 pgc verify
ok "brought back by a restore, the tenant is found by its tombstone and deleted again; its id is used again only when asked"

# 1,200 tables are more than one transaction may lock.
runs 0 pgc tenant add "$TENANT_C"
sql "DO \$\$ BEGIN FOR i IN 1..1200 LOOP EXECUTE format('CREATE TABLE tenant_$(hex "$TENANT_C").research_many_%s
  (id int PRIMARY KEY, a int UNIQUE, b int DEFAULT 1 REFERENCES tenant_$(hex "$TENANT_C").research_many_%s)', i, greatest(i - 1, 1));
  IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END \$\$"
runs 0 pgc tenant delete "$TENANT_C" --yes
[ "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE subject = '$TENANT_C' AND kind = 'tenant_inventory'")" -gt 2 ] ||
  fail "it took several transactions"
equals "all tables were described" 1200 "$(sql "SELECT count(*) FROM pgcontract.evidence e,
  jsonb_to_recordset(e.detail->'objects') o(object text)
  WHERE e.subject = '$TENANT_C' AND o.object ~ 'research_many'")"
runs 0 pgc verify
ok "a schema of 1,200 tables goes in several transactions that fit the server's lock table"
done_testing
