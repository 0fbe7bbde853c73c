#!/usr/bin/env bash
# What a tenants' revision can do that one of a single schema may: reach into shared schemas, change the session, commit
# by itself, come half way. And what a run proves and tells about it.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready "$TENANT_A" "$TENANT_B" "$TENANT_C"
all=("$TENANT_A" "$TENANT_B" "$TENANT_C")
back() { runs 0 pgc migrate down --tenants all --yes "$HEAD"; }
everyone_at() { for tenant in "${all[@]}"; do equals "everyone is at $1" "$1" "$(rows_of "$tenant")"; done; }
columns() { sql "SELECT count(*) FROM pg_attribute WHERE attname = '$1' AND NOT attisdropped"; }

revision reach "$HEAD" 'op.execute("ALTER TABLE stratmaster_api.reports ADD COLUMN IF NOT EXISTS reach int")' \
  'op.execute("ALTER TABLE stratmaster_api.reports DROP COLUMN IF EXISTS reach")'
runs 1 pgc migrate plan
says "changes stratmaster_api.reports, which is no tenant's"
runs 4 pgc migrate up
says "revision reach" "changes stratmaster_api.reports, which is no tenant's" "application's history"
runs 1 pgc apply
says "changes stratmaster_api.reports"
equals "it is not there" 0 "$(columns reach)"
everyone_at "$HEAD"
# Nobody reads what a DO block does; what it did stands in the canary's locks.
revision reach "$HEAD" "op.execute(\"DO \$\$ BEGIN EXECUTE 'ALTER TABLE stratmaster_api.' || 'reports ADD COLUMN reach int'; END \$\$\")"
runs 4 pgc migrate up
says "changes stratmaster_api.reports" "the canary" "0 done, 1 failed, 2 not run"
revision reach "$HEAD" 'op.execute("SET search_path = stratmaster_api")
op.execute("CREATE TABLE agents_reach (id int PRIMARY KEY)")'
runs 4 pgc migrate up
says "changes stratmaster_api.agents_reach"
equals "nothing of it is left" "0 0" \
  "$(columns reach) $(sql "SELECT count(*) FROM pg_class WHERE relname = 'agents_reach'")"
everyone_at "$HEAD"
revision reach "$HEAD" 'op.execute("ALTER TABLE stratmaster_api.reports ADD COLUMN IF NOT EXISTS reach int")' \
  'op.execute("ALTER TABLE stratmaster_api.reports DROP COLUMN IF EXISTS reach")'
runs 0 pgc migrate up --shared
everyone_at reach
runs 0 pgc migrate down --tenants all --yes --shared "$HEAD"
forget reach_test.py
ok "a revision that changes another schema runs for no tenant, unless it is asked for"

reference=$(sql "SELECT c.relname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
  WHERE c.relnamespace = 'stratmaster_api'::regnamespace AND c.relname LIKE 'ref\_%' LIMIT 1")
revision kinds "$HEAD" "op.execute(\"CREATE TABLE agents_kinds (kind text REFERENCES stratmaster_api.$reference)\")" \
  'op.execute("DROP TABLE agents_kinds")'
runs 0 pgc migrate up
everyone_at kinds
back
forget kinds_test.py
ok "a foreign key to a shared table comes and goes: its definition is not changed"

# What outlives its transaction must not reach the next schema on the same connection.
revision session "$HEAD" 'op.execute("RESET ROLE")
op.execute("ALTER TABLE research_projects ADD COLUMN session text")
op.execute("SET default_transaction_read_only = on")
op.execute("SET search_path = pg_catalog")' 'op.execute("ALTER TABLE research_projects DROP COLUMN session")'
runs 0 pgc migrate up --workers 1 --tenants all
everyone_at session
equals "each has it" 3 "$(columns session)"
back
revision session "$HEAD" 'op.execute("RESET ALL")' pass
runs 0 pgc migrate up --workers 1 --tenants all
everyone_at session
back
forget session_test.py
ok "SET, RESET ROLE and RESET ALL in a revision reach no other schema"

revision commits "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN commits text")
op.execute("COMMIT")
op.execute("ALTER TABLE research_notes ADD COLUMN commits text")' 'op.execute("ALTER TABLE research_notes DROP COLUMN commits")
op.execute("ALTER TABLE research_projects DROP COLUMN commits")'
runs 0 pgc migrate up
everyone_at commits
equals "each has both" 6 "$(columns commits)"
back
forget commits_test.py
ok "a revision that commits by itself is followed"

# Comes half way: the first part is done and marked, the second fails.
revision half "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN half text")
with op.get_context().autocommit_block():
    op.execute("CREATE UNIQUE INDEX CONCURRENTLY ux_half ON research_projects ((true))")' \
  'op.execute("DROP INDEX ux_half")
op.execute("ALTER TABLE research_projects DROP COLUMN half")'
a=tenant_$(hex "$TENANT_A")
spoil() { sql "INSERT INTO $a.research_projects (name) VALUES ('one'), ('two')"; }
mend() { sql "DELETE FROM $a.research_projects WHERE name IN ('one', 'two')"; }
spoil
runs 4 pgc migrate up --tenants "$TENANT_A"
says "ux_half"
job=$(sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1")
equals "A is half way" "$HEAD 1" "$(rows_of "$TENANT_A") $(sql "SELECT count(*) FROM pg_attribute
  WHERE attrelid = '$a.research_projects'::regclass AND attname = 'half'")"
runs 4 pgc migrate down --job "$job" --yes
says "it was cut off in the middle of half"
mend
runs 0 pgc migrate up
everyone_at half
ok "the next run goes on behind the part that was done"

back
spoil
runs 4 pgc migrate up --tenants "$TENANT_A"
says "ux_half"
mend
# A hand takes it back and Alembic moves the rows forth and back: they are as they were, and the mark is not true.
sql "ALTER TABLE $a.research_projects DROP COLUMN half"
LOCK=held runs 0 alembic_of "$TENANT_A" downgrade -1
LOCK=held runs 0 alembic_of "$TENANT_A" upgrade "$HEAD"
runs 0 pgc migrate up
everyone_at half
equals "each has the column" 3 "$(columns half)"
ok "a mark that is no longer true is not believed"
back
forget half_test.py

# One of tenants that were moved by hand is not taken back with the job that found it so.
revision light "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN light text")' \
  'op.execute("ALTER TABLE research_projects DROP COLUMN light")'
runs 0 pgc migrate up
says "workers: 8" "change the catalog only"
back
revision light "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN light text")
op.execute("CREATE INDEX ix_light ON research_projects (light)")' 'op.execute("ALTER TABLE research_projects DROP COLUMN light")'
runs 1 pgc migrate plan
says "workers: at most 4" "CREATE INDEX"
runs 2 pgc migrate up --max-failures 101%
says "a percentage up to 100%"
runs 0 pgc migrate up --canary 50% --wave 50% --max-failures 0%
says "workers: 4"
everyone_at light
ok "workers follow the statements, and shares may be percentages"

# The application's schema is compared with what its migrations make, where that is asked for.
VERSIONS=$HOME_DIR/packages/api/stratmaster_api/migrations/application/versions revision appli 48ad1139c5a6 \
  'op.execute("ALTER TABLE reports ADD COLUMN appli text")' 'op.execute("ALTER TABLE reports DROP COLUMN appli")'
runs 0 pgc migrate up
says "--prove-database compares it"
runs 0 pgc migrate down --application --yes 48ad1139c5a6
sql "SET ROLE pgc_owner; ALTER TABLE stratmaster_api.reports ADD COLUMN by_hand text"
runs 1 pgc migrate up --prove-database
says stratmaster_api by_hand
sql "SET ROLE pgc_owner; ALTER TABLE stratmaster_api.reports DROP COLUMN by_hand"
ok "--prove-database finds what is not of the migrations"

if command -v git >/dev/null; then
  revision gone light pass
  (
    cd "$HOME_DIR"
    export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
    git init -q . && git add packages && git commit -qm "All of them"
    git rm -q "$VERSIONS/gone_test.py" && git commit -qm "Squash what nobody needs"
  )
  sql "UPDATE $a.alembic_version SET version_num = 'gone'"
  runs 0 pgc migrate status
  says "unknown revision" "revision gone: git knows its file" "gone_test.py: deleted by" "Squash what nobody needs"
  ok "status tells which commit deleted the file that a row names"
fi

done_testing
