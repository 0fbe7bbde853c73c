#!/usr/bin/env bash
# One tenant of many fails in the middle: the others go on, a job is taken back exactly, and a run stops at a rate.
#   fleet_many_test.sh PROGRAM [TENANTS] [NUMBER OF THE ONE THAT FAILS]
PROGRAM=$1
tenants=${2:-60} number=${3:-41}
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready
many_tenants "$tenants"
one=$(tenant_number $((number - 1)))
block() { sql "CREATE TABLE tenant_$(hex "$(tenant_number "$1")").agents_late (id int)"; }
late_columns() { sql "SELECT count(*) FROM pg_attribute WHERE attname = 'late' AND NOT attisdropped"; }

revision late "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN late text")
op.execute("CREATE TABLE agents_late (id int PRIMARY KEY)")' 'op.execute("DROP TABLE agents_late")
op.execute("ALTER TABLE research_projects DROP COLUMN late")'
revision further late 'op.execute("ALTER TABLE research_projects ADD COLUMN further text")' \
  'op.execute("ALTER TABLE research_projects DROP COLUMN further")'
block $((number - 1))
runs 3 pgc migrate up late --tenants all
says "$((tenants - 1)) done, 1 failed" "tenant_$(hex "$one")" "revision late: CREATE TABLE agents_late" "already exists"
equals "all but one are there" $((tenants - 1)) "$(at late)"
equals "nothing of it is left in the one" "$HEAD $((tenants - 1))" "$(rows_of "$one") $(late_columns)"
runs 0 pgc migrate status
says "$((tenants - 1))" behind "tenant_$(hex "$one")"
ok "tenant $number of $tenants fails, and the others are migrated"

job=$(sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1")
runs 0 alembic_of "$(tenant_number 2)" upgrade further
runs 3 pgc migrate down --job "$job" --yes
says "$((tenants - 2)) done, 1 failed" "tenant_$(hex "$(tenant_number 2)")" "is at further, not at late where the job left it"
equals "what the job moved is back" 1 "$(late_columns)"
equals "the one that failed was left alone" "$HEAD 1" "$(rows_of "$one") $(sql "SELECT count(*) FROM pg_class
  WHERE relname = 'agents_late' AND relnamespace = 'tenant_$(hex "$one")'::regnamespace")"
runs 4 pgc migrate down --job "$job" --yes
runs 0 alembic_of "$(tenant_number 2)" downgrade "$HEAD"
runs 0 pgc migrate down --job "$job" --yes
says "nothing to change"
ok "down takes back exactly what the job moved, names what has moved since, and does nothing twice"

# Every fourth of the first forty fails: a rate of a tenth is passed at the third.
for i in 4 8 12 16 20 24 28 32 36; do block "$i"; done
runs 3 pgc migrate up late --tenants all --workers 1 --max-failures 10%
says "more than --max-failures 10%" "3 failed" "not run"
equals "it stopped at the third" 10 "$(late_columns)"
runs 0 pgc migrate down --tenants all --yes --skip-proof "$HEAD" # those in the way are not alike
runs 3 pgc migrate up late --tenants all --max-failures 90%
says "10 failed"
equals "a high rate is borne" $((tenants - 10)) "$(late_columns)"
ok "a run stops at a rate of failures"

# Cut off between two revisions, each a transaction of its own: what the job did there is known all the same.
runs 0 pgc migrate down --tenants all --yes --skip-proof "$HEAD" # those in the way are not alike
sed -i 's/literal_binds=True,/&\n        transaction_per_migration=True,/' "$HOME_DIR/packages/api/stratmaster_api/migration.py"
revision first "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN first text")' \
  'op.execute("ALTER TABLE research_projects DROP COLUMN first")'
forget late_test.py further_test.py
revision late first 'op.execute("CREATE TABLE agents_late (id int PRIMARY KEY)")' 'op.execute("DROP TABLE agents_late")'
runs 3 pgc migrate up --tenants all --max-failures 50
says "10 failed"
equals "the ten are half way" 10 "$(at first)"
job=$(sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1")
runs 1 pgc migrate down --job "$job" --yes
says "$tenants done, 0 failed" "10 schemas differ" "table agents_late: is there, and should not be" # what the test put there
equals "all are back" "$tenants" "$(at "$HEAD")"
equals "with nothing left of it" 10 "$(sql "SELECT count(*) FROM pg_class WHERE relname = 'agents_late'")"
ok "a job that came half way is taken back from there"

done_testing
