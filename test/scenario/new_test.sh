#!/usr/bin/env bash
# migrate new: what autogenerate writes against a disposable database, tried and told; and headers that Python computes.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready "$TENANT_A"
before=$(sql "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database")
models=$HOME_DIR/packages/api/stratmaster_api/tenant_models.py
cp "$models" "$WORK/models.py"
files() { find "$HOME_DIR/packages" -name '*.py' -path '*versions*' | sort; }
first=$(files)

# What somebody did to a tenant, and what is not in the models, must not come into a revision.
sql "SET ROLE pgc_owner; CREATE TABLE tenant_$(hex "$TENANT_A").by_hand (id int)"
runs 0 pgc migrate new "nothing" --section tenant
says "there is nothing to migrate"
equals "no file was kept" "$first" "$(files)"
ok "models and migrations agree: no file, whatever was done to a tenant by hand"

cat >>"$models" <<'PYTHON'


import sqlalchemy as _sa  # noqa: E402

_sa.Table("agents_new", metadata, _sa.Column("id", _sa.Integer, primary_key=True), _sa.Column("name", _sa.Text))
PYTHON
runs 1 pgc migrate new "agents are new" --section tenant
file=$(comm -13 <(echo "$first") <(files))
[[ $file == *agents_are_new.py ]] || fail "a file was written: $file"
grep -q "agents_new" "$file" || fail "it makes the table"
hides "by_hand"
! grep -q "by_hand\|tenant_[0-9]" "$file" || fail "nothing of a tenant's is in it"
says "op.create_table" "fails where it was run before: CREATE TABLE IF NOT EXISTS" "migrations.idempotent" "migrate plan"
says "${file#"$HOME_DIR/"}"
line=$(grep -n "op.create_table" "$file" | cut -d: -f1)
says "$line "
sed -i "s/^def upgrade.*/&\n    op.execute('DROP TABLE IF EXISTS agents_new')/" "$file"
sed -i "s/op.drop_table('agents_new')/op.execute('DROP TABLE IF EXISTS agents_new')/" "$file"
runs 0 pgc migrate up --tenants all
runs 0 pgc migrate new "nothing again" --section tenant
says "there is nothing to migrate"
ok "a table is written, tried, found not to run twice, with the line to edit"

runs 0 pgc --format json migrate new "by hand" --section tenant --empty
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" >"$WORK/schema" ||
  { cat "$WORK/schema"; fail "the report fits its schema"; }
empty=$HOME_DIR/$(json "r['tables']['files'][0]['file']")
[ -e "$empty" ] || fail "an empty file is kept where it is asked for"
rm "$empty"
cp "$WORK/models.py" "$models"
echo "raise RuntimeError('no such models')" >>"$models"
runs 4 pgc migrate new "broken" --section tenant
says "no such models"
cp "$WORK/models.py" "$models"
runs 2 pgc migrate new "x" --section nowhere
runs 2 pgc migrate new
revision other 60415c6bf6e0 pass
runs 2 pgc migrate new "x" --section tenant
says "several heads" "--head"
forget other_test.py
equals "the disposable databases are gone" "$before" "$(sql "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database")"
ok "empty files, models that raise, two heads"

# neutron's way: the header is computed from names that another module has.
cat >"$VERSIONS/computed_test.py" <<EOF
"""computed header

of a test
"""
import os
from alembic import op
print("imported")
HEAD = "$(rows_of "$TENANT_A")"
revision = "comp" + "uted"
down_revision = (HEAD,)
branch_labels = (os.path.basename("x/expand"),)
def upgrade():
    op.execute("COMMENT ON TABLE research_notes IS 'computed'")
def downgrade():
    op.execute("COMMENT ON TABLE research_notes IS NULL")
EOF
runs 0 pgc --format json migrate heads --tenants all
equals "the head" "computed expand computed header" "$(json "'{revision} {labels} {message}'.format(**r['tables']['heads'][0])")"
says "read by Alembic, because it computes revision, down_revision, branch_labels"
runs 0 pgc migrate history --tenants all
says "head, read by Alembic"
runs 0 pgc migrate up expand@head --tenants all
equals "it was run" computed "$(rows_of "$TENANT_A")"
runs 0 alembic_of "$TENANT_A" current
says "computed (head)"
runs 0 pgc migrate down --tenants all --yes -- -1
sed -i 's/^import os$/import os, nowhere_to_be_found/' "$VERSIONS/computed_test.py"
runs 0 pgc migrate heads --tenants all
says "\`down_revision\` cannot" "ModuleNotFoundError: No module named 'nowhere_to_be_found'"
runs 4 pgc migrate up --tenants all
says "cannot be followed"
ok "a header that is computed is read by Alembic, and marked; one that cannot be imported is reported"
done_testing
