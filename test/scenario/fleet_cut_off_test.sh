#!/usr/bin/env bash
# Revisions come half way, for a reason or by a cut: what was done is never done twice and what was not is never skipped,
# told by a counter that every statement raises. And what a job may take back.
PROGRAM=$1
source "$(dirname "$0")/../chaos/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready "$TENANT_A" "$TENANT_B" "$TENANT_C"
all=("$TENANT_A" "$TENANT_B" "$TENANT_C")
a=tenant_$(hex "$TENANT_A") b=tenant_$(hex "$TENANT_B") c=tenant_$(hex "$TENANT_C")
everyone_at() { for tenant in "${all[@]}"; do equals "everyone is at $1" "$1" "$(rows_of "$tenant")"; done; }
counters() { sql "SELECT concat((SELECT n FROM $a.agents_n), ' ', (SELECT n FROM $b.agents_n), ' ', (SELECT n FROM $c.agents_n))"; }
indexes() { sql "SELECT count(*) FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname = '$1' AND indisvalid"; }
spoil() { sql "INSERT INTO $1.agents_dup VALUES (1), (1)"; }
mend() { sql "DELETE FROM $1.agents_dup"; }
job() { sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1"; }
# back REVISION COUNTER: the test's own way back, without a downgrade that counts.
back() {
  local schema
  for schema in "$a" "$b" "$c"; do
    sql "UPDATE $schema.alembic_version SET version_num = '$1'; UPDATE $schema.agents_n SET n = $2;
      DELETE FROM $schema.agents_dup; DROP INDEX IF EXISTS $schema.ix_dup; DROP INDEX IF EXISTS $schema.ix_late;
      ALTER TABLE $schema.agents_dup DROP COLUMN IF EXISTS added"
  done
}
raise='op.execute("UPDATE agents_n SET n = n + 1")'
index='with op.get_context().autocommit_block():
    op.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_dup ON agents_dup (x)")'

revision counter "$HEAD" 'op.execute("CREATE TABLE agents_n (n int NOT NULL)")
op.execute("INSERT INTO agents_n VALUES (0)")
op.execute("CREATE TABLE agents_dup (x int)")' 'op.execute("DROP TABLE agents_n")
op.execute("DROP TABLE agents_dup")'
runs 0 pgc migrate up

revision first counter 'op.execute("ALTER TABLE agents_dup ADD COLUMN added int")'
revision second first "$raise"$'\n'"$index"
for per in False True; do
  sed -i "s/target_metadata=metadata,\$/target_metadata=metadata, transaction_per_migration=$per,/
    s/, transaction_per_migration=[A-Za-z]*,/, transaction_per_migration=$per,/" \
    "$HOME_DIR/packages/api/stratmaster_api/migration.py"
  spoil "$b"
  runs 3 pgc migrate up --max-failures 100%
  says "2 done, 1 failed" ix_dup
  equals "each counted once" "1 1 1" "$(counters)"
  equals "B came half way" first "$(rows_of "$TENANT_B")"
  mend "$b"
  runs 0 pgc migrate up
  says "1 done, 0 failed"
  equals "no beginning ran twice" "1 1 1" "$(counters)"
  equals "no index was skipped" 3 "$(indexes ix_dup)"
  everyone_at second
  back counter 0
done
ok "a part that finishes one revision and begins the next is neither repeated nor skipped, from wherever the next run starts"

spoil "$a"
runs 4 pgc migrate up
equals "A alone was begun" "1 0 0" "$(counters)"
cp "$VERSIONS/second_test.py" "$WORK/second.py"
revision second first "$raise"$'\nop.execute("SELECT 1")\n'"$index"
mend "$a"
runs 3 pgc migrate up
says "an earlier run was cut off in the middle of second, which" "pgcontract migrate stamp second" "2 done, 1 failed"
runs 4 pgc migrate down --tenants "$TENANT_A" --yes "$HEAD"
says "cut off in the middle of second"
equals "nothing was skipped, nothing done twice" "1 1 1" "$(counters)"
cp "$WORK/second.py" "$VERSIONS/second_test.py"
runs 0 pgc migrate up
everyone_at second
equals "with the file as it was it goes on" "1 1 1" "$(counters)"
back counter 0
spoil "$a"
runs 4 pgc migrate up
runs 0 pgc migrate stamp counter --tenants "$TENANT_A" --yes --force
back counter 0
runs 0 pgc migrate up
equals "a stamp ends it" "1 1 1" "$(counters)"
back counter 0
ok "a revision that has changed since it was cut off is refused, until it is as it was or stamped"

forget second_test.py
revision second first 'with op.get_context().autocommit_block():
    op.execute("UPDATE agents_n SET n = n + 1")
    op.execute("CREATE INDEX CONCURRENTLY ix_late ON agents_dup (x)")'
hold "$b.agents_dup" "SHARE ROW EXCLUSIVE"
in_background migrate up first --tenants all # adds a column: waits for the lock as well
let_go
ends "$PID"
runs 0 pgc migrate up first --tenants all
hold "$b.agents_dup" "SHARE ROW EXCLUSIVE"
in_background migrate up --lock-timeout 100
until_true "the others are done" "(SELECT count(*) = 2 FROM pg_class JOIN pg_index ON indexrelid = oid AND indisvalid
  WHERE relname = 'ix_late')"
sleep 1
let_go
ends_with "once the lock is free, the run" 0 "$PID"
says "attempts were made again later"
equals "the statement before the one that waited ran once" "1 1 1" "$(counters)"
equals "the indexes are there" 3 "$(indexes ix_late)"
back counter 0
ok "an attempt that is made again goes on at the statement that failed"

# An index of that name that somebody else made is not taken for this one.
sql "SET ROLE pgc_owner; CREATE INDEX ix_late ON $a.agents_n (n)"
runs 4 pgc migrate up
says 'relation "ix_late" already exists'
sql "DROP INDEX $a.ix_late"
runs 0 pgc migrate up
back counter 0
sql "SET ROLE pgc_owner; CREATE INDEX ix_shared ON stratmaster_api.reports (status)"
revision second first 'with op.get_context().autocommit_block():
    op.execute("DROP INDEX CONCURRENTLY stratmaster_api.ix_shared")'
runs 0 pgc migrate up --tenants "$TENANT_A" --shared
equals "the index of the schema that is named is dropped" 0 "$(indexes ix_shared)"
forget second_test.py
back counter 0
ok "indexes are looked up in the schema that the statement names, and skipped only where it was begun"

sql "REVOKE SELECT ON pg_catalog.pg_locks FROM PUBLIC"
runs 0 pgc migrate up --tenants "$TENANT_A"
equals "what is said to be done is there" "first 1" "$(rows_of "$TENANT_A") $(sql "SELECT count(*) FROM pg_attribute
  WHERE attrelid = '$a.agents_dup'::regclass AND attname = 'added'")"
sql "GRANT SELECT ON pg_catalog.pg_locks TO PUBLIC"
back counter 0
ok "a look at the canary's locks that fails does not take the transaction with it"

# What a job may take back: what it moved, of the tenants that are named.
revision first counter 'op.execute("CREATE TABLE agents_new (x int UNIQUE)")
op.execute("INSERT INTO agents_new SELECT x FROM agents_dup")' 'op.execute("DROP TABLE agents_new")'
spoil "$b"
runs 3 pgc migrate up --max-failures 100%
first_job=$(job)
mend "$b"
runs 0 pgc migrate up
sql "INSERT INTO $b.agents_new VALUES (7)"
runs 0 pgc migrate down --job "$first_job" --yes --tenants "$TENANT_A"
equals "only A went back" "counter first first" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B") $(rows_of "$TENANT_C")"
runs 0 pgc migrate down --job "$first_job" --yes
equals "C too, and B, which another job moved, did not" "counter first counter" \
  "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B") $(rows_of "$TENANT_C")"
equals "B's row is there" 7 "$(sql "SELECT x FROM $b.agents_new")"
spoil "$a"
runs 4 pgc migrate up --tenants "$TENANT_A"
mend "$a"
first_job=$(job)
LOCK=held runs 0 alembic_of "$TENANT_A" upgrade first
runs 4 pgc migrate down --job "$first_job" --yes
says "somebody else may have"
equals "A stays" first "$(rows_of "$TENANT_A")"
runs 4 pgc migrate down --dry-run --tenants 99999999-9999-4999-8999-999999999999 "$HEAD"
says "there is no tenant"
runs 4 pgc migrate stamp --dry-run --tenants 99999999-9999-4999-8999-999999999999 "$HEAD"
ok "a job takes back what it moved and nothing else"

# One that comes alone is compared with those that were there before, and stamped where it is like them.
sql "DROP TABLE $c.alembic_version"
runs 4 pgc migrate stamp first --tenants "$TENANT_C" --yes
says "it is not what"
sql "SET ROLE pgc_owner; CREATE TABLE $c.agents_new (x int UNIQUE)"
runs 0 pgc migrate stamp first --tenants "$TENANT_C" --yes
equals "stamped" first "$(rows_of "$TENANT_C")"
revision late first 'op.execute("ALTER TABLE agents_new ADD COLUMN late int")' 'op.execute("ALTER TABLE agents_new DROP COLUMN late")'
runs 0 pgc migrate up --tenants "$TENANT_A"
says "not compared" "no other tenant is at late"
runs 0 pgc migrate up --tenants "$TENANT_B"
sql "SET ROLE pgc_owner; ALTER TABLE $c.agents_new ADD COLUMN by_hand int"
CODE=0
pgc migrate up >"$OUT" 2>"$ERR" || CODE=$?
says "by_hand" "1 schema differs"
sql "ALTER TABLE $c.agents_new DROP COLUMN by_hand"
ok "the last one to come is compared with those that were there before"

# One locked version table is one schema's trouble.
revision later late 'op.execute("ALTER TABLE agents_new ADD COLUMN later int")' 'op.execute("ALTER TABLE agents_new DROP COLUMN later")'
hold "$b.alembic_version" "ACCESS EXCLUSIVE"
runs 0 pgc migrate status
says "$b" "alembic_version cannot be read" "lock timeout"
runs 3 pgc migrate up
says "2 done, 1 failed" "cannot be read"
let_go
runs 0 pgc migrate up
everyone_at later
ok "a version table that is locked stops its own tenant only"

# A history that begins outside of a transaction, and no version table yet.
mkdir "$WORK/versions"
mv "$VERSIONS"/*.py "$WORK/versions"
revision solo "" 'with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix_solo ON agents_dup (x)")' 'op.execute("DROP INDEX ix_solo")'
sql "DROP TABLE $c.alembic_version"
runs 0 pgc migrate up --tenants "$TENANT_C"
equals "it is there" "solo 1" "$(rows_of "$TENANT_C") $(indexes ix_solo)"
equals "and not the tenant's to write" f \
  "$(sql "SELECT has_table_privilege('app_$c', '$c.alembic_version', 'INSERT')")"
ok "the version table is made before a first part outside of transactions"

done_testing
