#!/usr/bin/env bash
# The fleet and the real Alembic by turns: status, plan, up, down, stamp; each finds what the other left.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready "$TENANT_A" "$TENANT_B" "$TENANT_C"
all=("$TENANT_A" "$TENANT_B" "$TENANT_C")

runs 0 pgc migrate status
says "at head" "$HEAD" 48ad1139c5a6
runs 0 pgc migrate up
says "nothing to change"
runs 0 pgc migrate heads
says "$HEAD" 48ad1139c5a6
runs 0 pgc migrate history --tenants all 843e1cde6d8c:60415c6bf6e0
says 843e1cde6d8c 60415c6bf6e0
hides bbd28e88c3ea
runs 2 pgc migrate history 843e1cde6d8c
ok "with nothing pending, nothing is done"

revision one "$HEAD" 'op.add_column("research_projects", sa.Column("one", sa.Text))' 'op.drop_column("research_projects", "one")'
revision two one 'op.create_index("ix_two", "research_projects", ["one"])' 'op.drop_index("ix_two")'
runs 1 pgc migrate plan
says "3 tenants at $HEAD" "ALTER TABLE research_projects ADD COLUMN one TEXT" "CREATE INDEX ix_two" "ACCESS EXCLUSIVE"
runs 1 pgc migrate up --dry-run
runs 2 pgc migrate up one
says "a revision of one history"
runs 0 pgc migrate up one --tenants all
runs 0 pgc migrate status
says behind two
for tenant in "${all[@]}"; do
  equals "the rows are moved" one "$(rows_of "$tenant")"
  runs 0 alembic_of "$tenant" current
  says "one"
done
ok "up moves every tenant to the target, and Alembic agrees"

runs 0 alembic_of "$TENANT_B" upgrade head
runs 3 pgc migrate up +1 --tenants all
says "relative revision +1 didn't produce 1 migrations" "2 done, 1 failed"
equals "B was there already" "two two two" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B") $(rows_of "$TENANT_C")"
for tenant in "${all[@]}"; do runs 0 alembic_of "$tenant" downgrade "$HEAD"; done
runs 0 pgc migrate up
for tenant in "${all[@]}"; do equals "and up again" two "$(rows_of "$tenant")"; done
ok "the real Alembic goes on where the fleet stopped, and the other way round"

job=$(sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1")
runs 0 alembic_of "$TENANT_C" downgrade one
runs 2 pgc migrate down --job "$job"
says "--yes"
runs 3 pgc migrate down --job "$job" --yes
says "not at two where the job left it"
equals "the others went back" "$HEAD $HEAD one" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B") $(rows_of "$TENANT_C")"
runs 2 pgc migrate down --yes -- -1
runs 0 pgc migrate down --yes --tenants "$TENANT_C" -- -1
equals "C too" "$HEAD" "$(rows_of "$TENANT_C")"
ok "down takes back what a job migrated, and nothing that has moved since"

runs 0 pgc migrate up one --tenants "$TENANT_A"
runs 4 pgc migrate stamp one --tenants "$TENANT_B" --yes
says "it is not what tenant_$(hex "$TENANT_A") is" migrate drift
equals "it was not stamped" "$HEAD" "$(rows_of "$TENANT_B")"
sql "SET ROLE pgc_owner; ALTER TABLE tenant_$(hex "$TENANT_B").research_projects ADD COLUMN one text"
runs 0 pgc migrate stamp one --tenants "$TENANT_B" --yes
equals "it was stamped" one "$(rows_of "$TENANT_B")"
runs 0 pgc migrate stamp two --tenants "$TENANT_C" --yes --force
equals "forced" two "$(rows_of "$TENANT_C")"
runs 0 pgc migrate stamp "$HEAD" --tenants "$TENANT_C" --yes --force
ok "stamp asks the fingerprint, or is forced"

sql "UPDATE tenant_$(hex "$TENANT_C").alembic_version SET version_num = 'gone'"
runs 0 pgc migrate status
says "unknown revision" gone "tenant_$(hex "$TENANT_C")"
runs 3 pgc migrate up
says "can't locate revision identified by \`gone\`"
equals "the others went on" "two two" "$(rows_of "$TENANT_A") $(rows_of "$TENANT_B")"
sql "UPDATE tenant_$(hex "$TENANT_C").alembic_version SET version_num = '$HEAD'"
sql "INSERT INTO tenant_$(hex "$TENANT_C").alembic_version VALUES ('843e1cde6d8c')"
runs 4 pgc migrate up
says "overlaps with other requested revisions"
sql "DELETE FROM tenant_$(hex "$TENANT_C").alembic_version WHERE version_num = '843e1cde6d8c'"
runs 0 pgc migrate up
ok "a row that no file has is named, and stops its own tenant only"

revision branch one 'op.add_column("research_notes", sa.Column("branch", sa.Text))' 'op.drop_column("research_notes", "branch")'
runs 4 pgc migrate up
says "multiple heads are present" branch two
runs 0 pgc migrate up heads
equals "two rows" "branch,two" "$(rows_of "$TENANT_A")"
runs 0 alembic_of "$TENANT_A" current
says branch two
cat >"$VERSIONS/merge_test.py" <<'EOF'
from alembic import op
revision = "merge"
down_revision = ("two", "branch")
def upgrade():
    op.execute("COMMENT ON TABLE research_notes IS 'merged'")
def downgrade():
    op.execute("COMMENT ON TABLE research_notes IS NULL")
EOF
runs 0 pgc migrate up
for tenant in "${all[@]}"; do equals "merged into one" merge "$(rows_of "$tenant")"; done
runs 0 alembic_of "$TENANT_B" downgrade two
equals "Alembic takes the merge apart" "two" "$(rows_of "$TENANT_B" | sed 's/branch,//')"
runs 0 alembic_of "$TENANT_B" upgrade heads
runs 4 pgc migrate down --tenants all --yes -- -1
says "ambiguous walk"
runs 0 pgc migrate down --tenants all --yes two
equals "unmerged" "branch,two" "$(rows_of "$TENANT_C")"
ok "branches, several heads and a merge are moved as Alembic moves them"

fits_schema() {
  /usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" >"$WORK/schema" ||
    { cat "$WORK/schema"; fail "the report of migrate $1 fits its schema"; }
}
for verb in status heads history up; do
  runs 0 pgc --format json migrate "$verb"
  fits_schema "$verb"
done
ok "the reports fit the published schema"

done_testing
