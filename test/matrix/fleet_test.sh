#!/usr/bin/env bash
# The fleet on the server whose programs are in PGCONTRACT_POSTGRES_BIN: up with an index built concurrently and a foreign
# key to a shared table, Alembic by turns, a mark in the middle, down by job, drift, a refused reach.
#   PGCONTRACT_POSTGRES_BIN=… test/matrix/fleet_test.sh PROGRAM MAJOR
PROGRAM=$1 MAJOR=$2
source "$(dirname "$0")/../scenario/lib.sh"
source "$(dirname "$0")/../scenario/fleet_lib.sh"

fleet_ready "$TENANT_A" "$TENANT_B" "$TENANT_C"
equals "the server is of this version" "$MAJOR" "$(($(sql "SHOW server_version_num") / 10000))"
all=("$TENANT_A" "$TENANT_B" "$TENANT_C")
everyone_at() { for tenant in "${all[@]}"; do equals "everyone is at $1" "$1" "$(rows_of "$tenant")"; done; }
reference=$(sql "SELECT c.relname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
  WHERE c.relnamespace = 'stratmaster_api'::regnamespace AND c.relname LIKE 'ref\_%' LIMIT 1")

revision one "$HEAD" "op.execute('ALTER TABLE research_projects ADD COLUMN one text')
with op.get_context().autocommit_block():
    op.execute('CREATE UNIQUE INDEX CONCURRENTLY ux_one ON research_projects ((true))')
op.execute('CREATE TABLE agents_one (kind text REFERENCES stratmaster_api.$reference)')" "op.execute('DROP TABLE agents_one')
op.execute('DROP INDEX ux_one')
op.execute('ALTER TABLE research_projects DROP COLUMN one')"
revision two one 'op.add_column("research_notes", sa.Column("two", sa.Text))' 'op.drop_column("research_notes", "two")'
b=tenant_$(hex "$TENANT_B")
sql "INSERT INTO $b.research_projects (name) VALUES ('one'), ('two')"
runs 3 pgc migrate up
says "2 done, 1 failed" ux_one
sql "DELETE FROM $b.research_projects"
runs 0 pgc migrate up
says "1 done"
everyone_at two
equals "no index is invalid" 0 "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")"
ok "up comes half way and goes on, on PostgreSQL $MAJOR"

runs 0 pgc migrate drift
runs 0 alembic_of "$TENANT_A" downgrade "$HEAD"
runs 0 pgc migrate up
everyone_at two
job=$(sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1")
runs 0 pgc migrate down --job "$job" --yes
equals "only what the job moved" "$HEAD two two" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B") $(rows_of "$TENANT_C")"
runs 0 pgc migrate down --tenants all --yes "$HEAD"
everyone_at "$HEAD"
forget one_test.py two_test.py
ok "Alembic by turns, and down by job"

revision reach "$HEAD" "op.execute(\"DO \$\$ BEGIN EXECUTE 'ALTER TABLE stratmaster_api.' || 'reports ADD COLUMN reach int'; END \$\$\")"
runs 4 pgc migrate up
says "changes stratmaster_api.reports"
ok "what the canary's locks show is refused"

done_testing
