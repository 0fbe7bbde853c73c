#!/usr/bin/env bash
# Names with quotes, spaces, upper case, UTF-8 and 63 bytes, as schemas, roles, tables and tenants' names.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

long=$(printf 'x%.0s' {1..63})
cat >"$CONTRACT" <<YAML
contract: 1
name: odd
environments: { local: { dsn: embedded, database: stratmaster } }
schemas:
  application: { name: 'My "App" Schéma' }
  demo: { name: $long }
  extensions: { name: 'Ex tensions' }
conventions: { table_prefixes: [research_] }
tenancy:
  schema: 'Tén "ant" {id}'
  role: 'App Tenant''s {id}'
  setting: app.tenant_id
  shared_column: 'Tenant Id'
  roles: { owner: 'The "Owner"', definer: 'Défin er', tenant_group: 'group', migrator: 'Mi''grator' }
YAML
cp "$CONTRACT" "$HOME_DIR/contract.first.yaml"
up
runs 0 pgc apply
sql 'SET ROLE "The ""Owner"""; CREATE TABLE "My ""App"" Schéma"."research_""Täble"" 1" (
  "Tenant Id" uuid NOT NULL, id uuid DEFAULT gen_random_uuid(), "Söme Column" timestamptz DEFAULT now(),
  PRIMARY KEY ("Tenant Id", id));
  CREATE TABLE "My ""App"" Schéma"."ref_lo oküp" (id int PRIMARY KEY)'
runs 0 pgc apply
runs 0 pgc tenant add "$TENANT_A" --display-name "O'Neill \"& sons\" \\ çü"
runs 0 pgc verify
runs 0 pgc apply
says "nothing to change"
runs 0 pgc tenant list --format json
equals "the display name is kept as given" "O'Neill \"& sons\" \\ çü" "$(json "r['tables']['tenants'][0]['display_name']")"
ok "odd names are created, protected, onboarded and verified, and a second apply changes nothing"

sql "ALTER ROLE \"App Tenant's $(hex "$TENANT_A")\" PASSWORD 'p'"
session() {
  PGPASSWORD=p psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port)" -U "App Tenant's $(hex "$TENANT_A")" \
    -d stratmaster -c "$1"
}
equals "the tenant's role is bound to its id" "$TENANT_A" "$(session 'SELECT pgcontract.assert_boundary()')"
equals "its search_path is known by its odd name" "$TENANT_A" "$(session 'SELECT pgcontract.checkout()')"
session 'INSERT INTO "research_""Täble"" 1" ("Tenant Id") VALUES (current_setting($$app.tenant_id$$)::uuid)'
sql "INSERT INTO \"My \"\"App\"\" Schéma\".\"research_\"\"Täble\"\" 1\" (\"Tenant Id\") VALUES ('$TENANT_B')"
equals "the tenant sees its own row only" 1 "$(session 'SELECT count(*) FROM "research_""Täble"" 1"')"
ok "a tenant with an odd role name works, and within its own rows"

sql 'ALTER TABLE "My ""App"" Schéma"."research_""Täble"" 1" NO FORCE ROW LEVEL SECURITY'
runs 1 pgc verify
says '"My ""App"" Schéma"."research_""Täble"" 1"'
runs 0 pgc apply
runs 0 pgc verify
ok "damage to an oddly named table is named and mended"

runs 0 pgc reset --yes
runs 0 pgc verify
ok "reset recreates odd names"
done_testing
