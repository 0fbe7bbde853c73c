#!/usr/bin/env bash
# migrate drift: tenants changed by hand are named with object, attribute, both sides and what mends it; what the
# migrations make on a disposable database is the other measure; nothing is left behind.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
command -v alembic >/dev/null || skip "alembic is not installed"

up_and_apply "$TENANT_A" "$TENANT_B" "$TENANT_C"
schema_a=tenant_$(hex "$TENANT_A") schema_b=tenant_$(hex "$TENANT_B") schema_c=tenant_$(hex "$TENANT_C")

runs 0 pgc migrate drift
says "3 of 3 alike" "no drift"
validated 0 migrate drift
equals "the report says so too" "False" "$(json 'r["drift"]["found"]')"
ok "tenants as onboarding makes them are alike"

sql "ALTER TABLE $schema_b.research_projects ALTER COLUMN name DROP NOT NULL;
     CREATE INDEX by_hand ON $schema_b.research_projects (name)"
runs 1 pgc migrate drift
says "2 of 3 alike" "$schema_b" "column research_projects.name: not null" "index by_hand: is there, and should not be" \
  "ALTER TABLE $schema_b.research_projects ALTER COLUMN name SET NOT NULL;" "DROP INDEX $schema_b.by_hand;"
hides "$schema_c.research_projects"
validated 1 migrate drift
equals "both differences are in the report" "[('column', 'not null'), ('index', None)]" \
  "$(json '[(d["kind"], d["attribute"]) for d in sorted(r["drift"]["sets"][0]["groups"][0]["differences"], key=lambda d: d["kind"])]')"
runs 0 pgc migrate drift --tenant "$TENANT_A"
runs 1 pgc migrate drift --tenant "$TENANT_B,$TENANT_A"
for format in junit sarif markdown; do
  runs 1 pgc migrate drift --format "$format"
  says "migrations.no_drift" "by_hand"
done
ok "a tenant that was changed by hand is named, in every format"

json_mend() { json '"; ".join(s for g in r["drift"]["sets"][0]["groups"] for d in g["differences"] for s in d["mend"])'; }
validated 1 migrate drift
sql "$(json_mend)"
runs 0 pgc migrate drift
ok "the statements it shows mend it"

# Not in any dump.
sql "UPDATE pg_catalog.pg_index SET indisvalid = false
     WHERE indexrelid = (SELECT pg_catalog.min(i.indexrelid) FROM pg_catalog.pg_index i
       JOIN pg_catalog.pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = '$schema_c'::pg_catalog.regnamespace
       AND c.relname = 'research_projects')"
runs 1 pgc migrate drift
says "$schema_c" "invalid" "REINDEX INDEX"
runs 0 pgc migrate drift --tenant "$TENANT_A"
sql "REINDEX SCHEMA $schema_c"
sql "ALTER TABLE $schema_c.research_projects DISABLE TRIGGER ALL"
runs 1 pgc migrate drift
says "constraint trigger" "disabled"
sql "ALTER TABLE $schema_c.research_projects ENABLE TRIGGER ALL"
runs 0 pgc migrate drift
for schema in "$schema_a" "$schema_b" "$schema_c"; do
  sql "CREATE TABLE $schema.zr (id int PRIMARY KEY); CREATE TABLE $schema.z1 (r int CONSTRAINT fk_z REFERENCES $schema.zr);
       CREATE TABLE $schema.z2 (r int CONSTRAINT fk_z REFERENCES $schema.zr)"
  child=z1
  [[ $schema != "$schema_c" ]] || child=z2
  trigger=$(sql "SELECT g.tgname FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint
                 JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid WHERE p.proname = 'RI_FKey_noaction_del'
                 AND k.conrelid = '$schema.$child'::pg_catalog.regclass")
  sql "ALTER TABLE $schema.zr DISABLE TRIGGER \"$trigger\""
done
runs 1 pgc migrate drift
says 'constraint trigger "z1.fk_z"' 'constraint trigger "z2.fk_z"'
for schema in "$schema_a" "$schema_b" "$schema_c"; do sql "DROP TABLE $schema.z1, $schema.z2, $schema.zr"; done
runs 0 pgc migrate drift
ok "an invalid index and disabled foreign keys are seen"

before=$(sql "SELECT pg_catalog.string_agg(datname, ',' ORDER BY datname) FROM pg_catalog.pg_database")
runs 0 pgc migrate drift --against database
says "stratmaster_api: 1 of 1 alike" "3 of 3 alike" "no drift"
validated 0 migrate drift --against database
for tenant in "$schema_a" "$schema_b" "$schema_c"; do
  sql "ALTER TABLE $tenant.research_projects ADD COLUMN by_hand integer"
done
sql "ALTER TABLE stratmaster_api.reports ALTER COLUMN title SET DEFAULT 'untitled'"
runs 0 pgc migrate drift # they are wrong alike
runs 1 pgc migrate drift --against database
says "3 schemas differ" "column research_projects.by_hand: is there, and should not be" "column reports.title: default" \
  "ALTER TABLE stratmaster_api.reports ALTER COLUMN title DROP DEFAULT;"
says "left out:"
sql "DROP POLICY tenant_row_level_policy ON stratmaster_api.reports"
runs 1 pgc migrate drift --against database
says "policy reports.tenant_row_level_policy: is missing"
equals "the disposable database is gone" "$before" \
  "$(sql "SELECT pg_catalog.string_agg(datname, ',' ORDER BY datname) FROM pg_catalog.pg_database")"
ok "what the migrations make is another measure than the majority"

sql "ALTER TABLE $schema_a.research_projects DROP COLUMN by_hand"
runs 1 pgc migrate drift --against "$schema_a"
says "1 of 3 alike" "2 schemas differ"
runs 4 pgc migrate drift --against nowhere
says "there is no schema nowhere"
runs 2 pgc migrate drift --tenant nobody
sql "UPDATE $schema_b.alembic_version SET version_num = 'unknown'"
runs 1 pgc migrate drift
says "1 of 2 alike" "$schema_b: no other tenant is at unknown"
runs 1 pgc migrate drift --against database
says "not compared" "unknown"
for env in "$HOME_DIR"/packages/api/stratmaster_api/migrations/*/env.py; do
  printf 'raise RuntimeError("no such module")\n' >"$env"
done
runs 1 pgc migrate drift --against database
says "not compared: stratmaster_api" "RuntimeError: no such module" "nothing was compared"
ok "a schema to compare with, a tenant at a revision of nobody's; what cannot be built is no agreement"
done_testing
