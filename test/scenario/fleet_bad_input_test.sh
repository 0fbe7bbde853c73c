#!/usr/bin/env bash
# What a history and an env.py can hold that is wrong or unusual: each is refused by name, left to Alembic, or done.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready "$TENANT_A" "$TENANT_B" "$TENANT_C"
all=("$TENANT_A" "$TENANT_B" "$TENANT_C")
back() { runs 0 pgc migrate down --tenants all --yes "$HEAD"; }
everyone_at() { for tenant in "${all[@]}"; do equals "everyone is at $1" "$1" "$(rows_of "$tenant")"; done; }

revision this_id_has_more_than_thirty_two_chars "$HEAD" pass
runs 4 pgc migrate up
says "has 38 characters"
forget this_id_has_more_than_thirty_two_chars_test.py
revision ring_a ring_b pass
revision ring_b ring_a pass
runs 4 pgc migrate up
says "a cycle in down_revision"
forget ring_a_test.py ring_b_test.py
everyone_at "$HEAD"
ok "a history that cannot be followed changes nothing"

# Fails in one tenant of many: the others go on, the next run does the one that is left.
revision late "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN late text")
op.execute("CREATE TABLE agents_late (id int PRIMARY KEY)")' 'op.execute("DROP TABLE agents_late")
op.execute("ALTER TABLE research_projects DROP COLUMN late")'
sql "CREATE TABLE tenant_$(hex "$TENANT_B").agents_late (id int)"
runs 3 pgc migrate up
says "2 done, 1 failed" "tenant_$(hex "$TENANT_B")" "revision late: CREATE TABLE agents_late" "already exists"
equals "nothing of it is left in B" "$HEAD 0" "$(rows_of "$TENANT_B") $(sql "SELECT count(*) FROM pg_attribute
  WHERE attrelid = 'tenant_$(hex "$TENANT_B").research_projects'::regclass AND attname = 'late'")"
sql "DROP TABLE tenant_$(hex "$TENANT_B").agents_late"
runs 0 pgc migrate up
says "1 done"
everyone_at late
back
sql "CREATE TABLE tenant_$(hex "$TENANT_A").agents_late (id int)"
runs 4 pgc migrate up
says "the canary" "0 done, 1 failed, 2 not run"
sql "DROP TABLE tenant_$(hex "$TENANT_A").agents_late"
forget late_test.py
ok "one tenant's failure is its own; the canary's stops everybody"

revision quiet "$HEAD" 'op.get_context().autocommit_block
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_quiet ON research_projects (name)")
op.execute("ALTER TABLE research_projects ADD COLUMN quiet text")' 'op.execute("ALTER TABLE research_projects DROP COLUMN quiet")
op.execute("DROP INDEX ix_quiet")'
# What an interrupted build leaves behind: IF NOT EXISTS would take it for done.
sql "SET ROLE pgc_owner; CREATE INDEX ix_quiet ON tenant_$(hex "$TENANT_B").research_projects (name)"
sql "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tenant_$(hex "$TENANT_B").ix_quiet'::regclass"
runs 1 pgc migrate plan
says "each statement commits by itself" "SHARE UPDATE EXCLUSIVE"
runs 0 pgc migrate up
everyone_at quiet
equals "no index is invalid" 0 "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")"
back
forget quiet_test.py
ok "CREATE INDEX CONCURRENTLY is run outside of a transaction, and an invalid index is built again"

revision looks "$HEAD" 'names = sa.inspect(op.get_bind()).get_table_names()
op.execute("CREATE TABLE agents_looked (tables int DEFAULT %d)" % len(names))' 'op.execute("DROP TABLE agents_looked")'
revision after looks 'op.execute("ALTER TABLE agents_looked ADD COLUMN more text")' \
  'op.execute("ALTER TABLE agents_looked DROP COLUMN more")'
runs 1 pgc migrate plan --delegate
says "delegate: upgrade looks" "cannot be rendered as SQL" "part 2 of 2, transaction: upgrade after"
runs 0 pgc migrate up --delegate
everyone_at after
back
forget looks_test.py after_test.py
ok "a revision that looks at the database is left to Alembic, and the rest is not"

env=$VERSIONS/../env.py
cp "$env" "$WORK/env.py"
revision plain "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN plain text")' \
  'op.execute("ALTER TABLE research_projects DROP COLUMN plain")'
{ echo 'print("hello; world")'; cat "$WORK/env.py"; echo 'print("bye")'; } >"$env"
runs 0 pgc migrate up
everyone_at plain
{ echo 'import os; os.environ["DATABASE_URL"]'; cat "$WORK/env.py"; } >"$env"
back
{ echo 'raise RuntimeError("no such luck")'; cat "$WORK/env.py"; } >"$env"
runs 4 pgc migrate up
says "no such luck"
everyone_at "$HEAD"
cp "$WORK/env.py" "$env"
ok "an env.py may print and want its variable; one that raises is quoted"

revision chatty plain 'print("upgrading;")
op.execute("ALTER TABLE research_projects ADD COLUMN chatty text")' 'op.execute("ALTER TABLE research_projects DROP COLUMN chatty")'
runs 0 pgc migrate up
everyone_at chatty
ok "a revision that prints is recorded"
forget plain_test.py chatty_test.py
sql "$(for tenant in "${all[@]}"; do echo "UPDATE tenant_$(hex "$tenant").alembic_version SET version_num = '$HEAD';"; done)"

# Shared tables: named explicitly, and locked by a foreign key.
revision shared "$HEAD" 'op.execute("CREATE TABLE agents_kinds (kind text REFERENCES stratmaster_api.ref_source_kinds)")' \
  'op.execute("DROP TABLE agents_kinds")'
reference=$(sql "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'stratmaster_api'::regnamespace
  AND c.relname LIKE 'ref\_%' AND c.relkind = 'r' LIMIT 1")
sed -i "s/stratmaster_api.ref_source_kinds/stratmaster_api.$reference/" "$VERSIONS/shared_test.py"
runs 0 pgc migrate up
says "fewer workers" "ShareRowExclusiveLock on stratmaster_api.$reference" "with 1 worker"
everyone_at shared
ok "a foreign key to a shared table is seen in the canary's locks: one worker"

done_testing
