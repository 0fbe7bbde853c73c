#!/usr/bin/env bash
# Tenants whose migrations lag behind: verify names them, apply brings them in step with their rows.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
command -v alembic >/dev/null || skip "alembic is not installed"

up_and_apply "$TENANT_A" "$TENANT_B" "$TENANT_C"
snapshot "$WORK/whole"
head_revision=$(sql "SELECT version_num FROM tenant_$(hex "$TENANT_C").alembic_version")
export PGPASSWORD
PGPASSWORD=$(password)

# by_hand UUID ALEMBIC-WORDS…: as a developer would, as the owner, in the tenant's schema.
by_hand() {
  local schema
  schema=tenant_$(hex "$1")
  shift
  PGOPTIONS="-c role=pgc_owner -c search_path=$schema" DATABASE_URL="postgresql://postgres@127.0.0.1:$(port)/stratmaster" \
    runs 0 alembic -c "$HOME_DIR/packages/api/alembic.ini" -n tenant "$@"
}
for tenant in "$TENANT_A" "$TENANT_B"; do
  sql "INSERT INTO tenant_$(hex "$tenant").research_projects (name) VALUES ('kept')"
  by_hand "$tenant" downgrade -1
done

runs 1 pgc verify --format json
equals "lagging tenants break the clause" broken "$(verdict migrations.tenants_in_step)"
equals "only the two that lag are named" "2" \
  "$(json 'next(len(c["findings"]) for c in r["verdicts"]["clauses"] if c["clause"] == "migrations.tenants_in_step")')"
runs 1 pgc verify
says "$(hex "$TENANT_A")" "$(hex "$TENANT_B")"
runs 1 pgc tenant show "$TENANT_A"
says "migrations.tenants_in_step" "$head_revision"
runs 0 pgc tenant show "$TENANT_C"
ok "verify names the two tenants that are one revision behind, and no other"

runs 1 pgc plan
says "alembic_version" "is_archived"
runs 0 pgc apply
says "2 done, 0 failed"
runs 0 pgc verify
snapshot "$WORK/after"
same_files "after apply all tenants are alike" "$WORK/whole" "$WORK/after"
for tenant in "$TENANT_A" "$TENANT_B"; do
  equals "rows outlive the migration" kept "$(sql "SELECT name FROM tenant_$(hex "$tenant").research_projects")"
  equals "the tenant is at the head" "$head_revision" \
    "$(sql "SELECT version_num FROM tenant_$(hex "$tenant").alembic_version")"
done
ok "apply brings them in step and keeps their rows"

# Far behind: an empty history in a schema that is there, and a different distance for another.
by_hand "$TENANT_A" downgrade base
by_hand "$TENANT_B" downgrade -2
runs 1 pgc verify
runs 0 pgc apply --only migrations
runs 0 pgc verify
snapshot "$WORK/after"
same_files "tenants at different distances end alike" "$WORK/whole" "$WORK/after"
ok "tenants at different distances are brought in step by one apply"

# A revision nobody knows: not for a program to guess.
sql "UPDATE tenant_$(hex "$TENANT_B").alembic_version SET version_num = 'ffffffffffff'"
runs 1 pgc verify
says "ffffffffffff"
by_hand "$TENANT_A" downgrade -1
runs 1 pgc apply
says "ffffffffffff"
equals "the revision nobody knows is left alone" ffffffffffff \
  "$(sql "SELECT version_num FROM tenant_$(hex "$TENANT_B").alembic_version")"
equals "and the other tenant is served" "$head_revision" \
  "$(sql "SELECT version_num FROM tenant_$(hex "$TENANT_A").alembic_version")"
ok "a tenant at an unknown revision is reported and left alone, the others are served"

done_testing
