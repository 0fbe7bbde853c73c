#!/usr/bin/env bash
# What the fleet does to a tenant is what Alembic itself does to it: the same revisions for one tenant by its CLI and for
# the others by the fleet, with texts that --sql prints otherwise, values that differ by themselves, branches and their
# delegated downgrades. Data, rows and dumps are compared.
PROGRAM=$1
source "$(dirname "$0")/../chaos/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready "$TENANT_A" "$TENANT_B" "$TENANT_C"
a=tenant_$(hex "$TENANT_A") b=tenant_$(hex "$TENANT_B") c=tenant_$(hex "$TENANT_C")
migration=$HOME_DIR/packages/api/stratmaster_api/migration.py
# of SCHEMA: everything that is in it, with its names replaced; rows of versions in their order.
of() {
  sql "SELECT version_num FROM $1.alembic_version ORDER BY 1"
  PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dump" -n "$1" --inserts --exclude-table-data="*.alembic_version" \
    -h 127.0.0.1 -p "$(port)" -U postgres stratmaster |
    sed "/^\\\\restrict/d; /^\\\\unrestrict/d; /^--/d; /^\$/d; s/$1/SCHEMA/g; s/${1#tenant_}/HEX/g"
}
alike() {
  of "$a" >"$WORK/by_alembic"
  of "$b" >"$WORK/by_the_fleet"
  of "$c" >"$WORK/by_the_fleet_too"
  same_files "$1: Alembic and the fleet make the same" "$WORK/by_alembic" "$WORK/by_the_fleet"
  same_files "$1: and for each tenant" "$WORK/by_alembic" "$WORK/by_the_fleet_too"
}
both() { # both up|down TARGET WHAT
  local verb=upgrade
  [ "$1" = up ] || verb=downgrade
  runs 0 alembic_of "$TENANT_A" "$verb" "$2"
  runs 0 pgc migrate "$1" --tenants "$TENANT_B,$TENANT_C" $([ "$1" = up ] || echo --yes) --skip-proof -- "$2"
  alike "$3"
}

revision texts "$HEAD" "$(cat <<'PYTHON'
texts = op.create_table("agents_texts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("p", sa.Text),
    sa.Column("q", sa.Text, default="dflt"), sa.Column("r", sa.Text, server_default=r"c:\x"))
op.execute(r"INSERT INTO agents_texts (id, p, q) VALUES (1, '\d+', 'a')")
PYTHON
)" 'op.drop_table("agents_texts")'
revision bulk texts "$(cat <<'PYTHON'
texts = sa.table("agents_texts", sa.column("id"), sa.column("p"), sa.Column("q", sa.Text, default="dflt"))
op.bulk_insert(texts, [{"id": 2, "p": r"\d+"}, {"id": 3, "p": "100%"}])
PYTHON
)"
revision tabs bulk "$(cat <<'PYTHON'
op.execute("INSERT INTO agents_texts (id, p) VALUES (4, 'a\tb')")
op.execute("CREATE FUNCTION agents_tab() RETURNS text LANGUAGE sql AS $$SELECT 'x\ty'::text$$")
PYTHON
)" 'op.execute("DROP FUNCTION agents_tab()")'
revision percent tabs "$(cat <<'PYTHON'
op.execute("CREATE FUNCTION agents_percent() RETURNS text LANGUAGE sql AS $$SELECT format('%I %% %s', 1, 2)$$")
PYTHON
)" 'op.execute("DROP FUNCTION agents_percent()")'
revision looks percent "$(cat <<'PYTHON'
bind = op.get_bind()
found = bind.execute(sa.text("SELECT 1 FROM agents_texts LIMIT 1"))
if found is None or found.first() is None:
    op.execute("CREATE TABLE agents_was_empty (x int)")
PYTHON
)"
both up looks "texts, defaults, tabs, percent signs, answers"
ok "what --sql prints otherwise is left to Alembic"

# The same with an env.py as Alembic's own template makes it: percent signs and backslashes are doubled in what it prints.
both down "$HEAD" "and down again"
cp "$migration" "$WORK/migration.py"
sed -i '/dialect_opts=/d; /_backslash_escapes/d' "$migration"
both up looks "an env.py without paramstyle and without the backslashes' setting"
cp "$WORK/migration.py" "$migration"
ok "with an env.py that doubles percent signs and backslashes too"

revision token looks 'import secrets
op.execute(f"CREATE TABLE agents_token AS SELECT '"'{secrets.token_hex()}'"'::text AS token")'
runs 0 alembic_of "$TENANT_A" upgrade head
runs 0 pgc migrate up
equals "each tenant has a secret of its own" 3 "$(sql "SELECT count(DISTINCT token) FROM (TABLE $a.agents_token
  UNION ALL TABLE $b.agents_token UNION ALL TABLE $c.agents_token) t")"
ok "a value that is made in Python is made for each tenant"
for schema in "$a" "$b" "$c"; do sql "DROP TABLE $schema.agents_token"; done
both down "$HEAD" "down again"
forget texts_test.py bulk_test.py tabs_test.py percent_test.py looks_test.py token_test.py

# Delegated downgrades keep to their branch, at a second base and at a branch point.
looks='sa.inspect(op.get_bind()).get_table_names()'
revision xbase0000001 "" 'op.execute("CREATE TABLE agents_x (x int)")' "$looks"$'\nop.execute("DROP TABLE agents_x")'
sed -i 's/^down_revision = None/down_revision = None\nbranch_labels = ("xbr",)/' "$VERSIONS/xbase0000001_test.py"
revision sib1 "$HEAD" 'op.execute("CREATE TABLE agents_sib1 (x int)")' "$looks"$'\nop.execute("DROP TABLE agents_sib1")'
revision sib2 "$HEAD" 'op.execute("CREATE TABLE agents_sib2 AS SELECT 7 AS x")' 'op.execute("DROP TABLE agents_sib2")'
both up heads "three heads"
runs 1 pgc migrate down --dry-run --tenants all sib1@-1
says "downgrade sib1@$HEAD"
both down sib1@-1 "one sibling"
equals "the other is there" 7 "$(sql "SELECT x FROM $b.agents_sib2")"
both down xbr@base "the second base"
equals "the first base's is there" "sib2 7" "$(rows_of "$TENANT_B") $(sql "SELECT x FROM $b.agents_sib2")"
both up heads "three heads again"
runs 0 pgc migrate down --tenants "$TENANT_B,$TENANT_C" --yes --skip-proof sib2@-1
job=$(sql "SELECT id FROM pgcontract.job WHERE command = 'migrate up' ORDER BY started_at DESC LIMIT 1")
runs 0 alembic_of "$TENANT_A" downgrade sib2@-1
alike "the other sibling"
forget xbase0000001_test.py sib1_test.py sib2_test.py
for schema in "$a" "$b" "$c"; do
  sql "DROP TABLE IF EXISTS $schema.agents_x, $schema.agents_sib1; TRUNCATE $schema.alembic_version;
    INSERT INTO $schema.alembic_version VALUES ('$HEAD')"
done
ok "a delegated downgrade takes down its own branch and no other"

# Alembic ends elsewhere: it is no other's doing, and the group's canary is the last that this happens to.
revision ends "$HEAD" "$looks"$'\nop.execute("CREATE TABLE agents_ends (x int)")'
cp "$migration" "$WORK/migration.py"
sed -i 's/target_metadata=metadata,$/target_metadata=metadata, version_table="tenant_version",/' "$migration"
revision ends "" "$looks"$'\nop.execute("CREATE TABLE agents_ends (x int)")'
mkdir "$WORK/versions"
mv "$VERSIONS"/*.py "$WORK/versions"
mv "$WORK/versions/ends_test.py" "$VERSIONS"
for schema in "$a" "$b" "$c"; do sql "TRUNCATE $schema.alembic_version"; done
runs 4 pgc migrate up
says "Alembic ended at the base, planned was ends: it has changed this schema" "the canary $a failed" "2 not run"
equals "one schema, not all" 1 "$(sql "SELECT count(*) FROM pg_class WHERE relname = 'agents_ends'")"
cp "$WORK/migration.py" "$migration"
mv "$WORK/versions"/*.py "$VERSIONS"
forget ends_test.py
for schema in "$a" "$b" "$c"; do
  sql "DROP TABLE IF EXISTS $schema.agents_ends, $schema.tenant_version; INSERT INTO $schema.alembic_version VALUES ('$HEAD')"
done
ok "a delegate that ends elsewhere stops the run at the canary"

# A canary that was moved by hand shows nothing: the next one is the canary.
revision fails "$HEAD" 'op.execute("SELECT 1/0")'
echo "__import__('time').sleep(2)" >>"$VERSIONS/fails_test.py"
in_background migrate up
until_true "it has the lock" "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgcontract journal')"
sleep 0.7
sql "UPDATE $a.alembic_version SET version_num = 'b_by_hand'"
ends "$PID"
says "the canary $b failed" "somebody else migrated it" "1 not run"
sql "UPDATE $a.alembic_version SET version_num = '$HEAD'"
ok "where the canary says nothing, the next of its group is one"

done_testing
