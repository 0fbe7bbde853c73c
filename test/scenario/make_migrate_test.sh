#!/usr/bin/env bash
# `make migrate` from a bare cluster on: through the fleet's engine, asked for in production, and what it did taken back.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

make=(make --no-print-directory -C "$HOME_DIR" "PGCONTRACT=$PROGRAM")
last_job() { sql "SELECT id FROM pgcontract.job WHERE id IN (SELECT job FROM pgcontract.job_step WHERE object LIKE '%: % -> %')
  ORDER BY started_at DESC LIMIT 1"; }

runs 0 "${make[@]}" up
DATABASE_URL=$(dsn)
export DATABASE_URL
CODE=0
"${make[@]}" migrate >"$OUT" 2>"$ERR" </dev/null || CODE=$?
[ "$CODE" -le 2 ] || fail "make migrate works on a bare cluster" # apply's 1, a finding left for a person, is make's 2
says "stratmaster_api: base -> 48ad1139c5a6"
equals "the application is at its head" 48ad1139c5a6 "$(sql "SELECT version_num FROM stratmaster_api.alembic_version")"
equals "its tables have the owner" 0 "$(sql "SELECT count(*) FROM pg_class WHERE relnamespace = 'stratmaster_api'::regnamespace
  AND relkind = 'r' AND relowner <> 'pgc_owner'::regrole")"
equals "every shared table is protected" 0 "$(sql "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  AND a.attname = 'tenant_id' WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'stratmaster_api'::regnamespace
  AND NOT (relrowsecurity AND relforcerowsecurity)")"
ok "make up migrate takes a bare cluster to a migrated and protected application"

runs 0 pgc apply
for tenant in "$TENANT_A" "$TENANT_B"; do runs 0 pgc tenant add "$tenant"; done
revision light "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN light text")' \
  'op.execute("ALTER TABLE research_projects DROP COLUMN light")'
runs 1 pgc plan
says "2 tenants at $HEAD" "ADD COLUMN light"
sed -i "s/local: { dsn: embedded/local: { dsn: embedded, production: true/" "$CONTRACT"
runs 2 "${make[@]}" migrate
says "There is no terminal to ask on" "--yes"
equals "nothing was changed" "$HEAD" "$(rows_of "$TENANT_A")"
runs 0 "${make[@]}" migrate ARGS=--yes
says "tenant_$(hex "$TENANT_A"): $HEAD -> light"
equals "both are migrated" "light light" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B")"
runs 0 "${make[@]}" migrate
says "nothing to change"
ok "make migrate asks in production, and migrates every tenant"

runs 0 pgc migrate down --job "$(last_job)" --yes
equals "both are back" "$HEAD $HEAD" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B")"
cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
runs 0 "${make[@]}" migrate
equals "and there again" light "$(rows_of "$TENANT_B")"
runs 0 "${make[@]}" db.reset ARGS=--yes
equals "reset brings them to the head too" "light light" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B")"
ok "what make migrate did can be taken back by job, and make db.reset works"

# Two revisions that look at the database: what is heard of one is sent to all; the other depends on rows, and is left to
# Alembic, with its own commits and its own lock.
revision looks light 'names = sa.inspect(op.get_bind()).get_table_names()
op.execute("CREATE TABLE agents_looked (tables int DEFAULT %d)" % len(names))' 'op.execute("DROP TABLE agents_looked")'
runs 1 pgc plan
says "recorded transaction: upgrade looks"
revision counts looks 'rows = op.get_bind().execute(sa.text("SELECT count(*) FROM research_projects")).scalar()
op.execute("CREATE TABLE agents_counted (rows int DEFAULT %d)" % rows)' 'op.execute("DROP TABLE agents_counted")'
runs 1 pgc plan
says "delegate: upgrade counts" "alembic"
runs 0 "${make[@]}" migrate
equals "both are there" "counts counts" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B")"
ok "what cannot be rendered is left to Alembic"

# The variable that holds the DSN is read once, and then kept from child programs.
runs 0 pgc --env ci migrate down --tenants all --yes light
runs 0 pgc --env ci migrate up
runs 0 pgc --env ci migrate down --job "$(last_job)" --yes
equals "both are back" "light light" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B")"
runs 0 pgc --env ci migrate stamp counts --tenants "$TENANT_A" --force --yes
runs 0 pgc --env ci migrate stamp light --tenants "$TENANT_A" --yes
runs 0 pgc --env ci tenant add "$TENANT_C"
equals "a new tenant is at the head" counts "$(rows_of "$TENANT_C")"
ok "all of it works where the DSN comes from a variable"

done_testing
