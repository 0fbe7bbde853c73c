#!/usr/bin/env bash
# Revisions that look at the database: heard once, sent to every tenant, equal to what Alembic makes; and those that are
# left to Alembic, each with its reason.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready
many_tenants 50
alone=$(tenant_number 1) odd=$(tenant_number 2) other=$(tenant_number 3)
databases() { sql "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database"; }
before=$(databases)
# dump TENANT FILE: what pg_dump says of its schema, with the tenant taken out.
dump() {
  PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dump" -s -h 127.0.0.1 -p "$(port)" -U postgres -n "tenant_$(hex "$1")" stratmaster |
    sed "s/$(hex "$1")/TENANT/g; s/$1/TENANT/g; /^\\\\restrict/d; /^\\\\unrestrict/d" >"$2"
}
mode_of() { json "sorted({m['mode'] for m in r['tables']['revisions'] if m['revision'] == '$1'})"; }
why_of() { json "' '.join(m['why'] or '' for m in r['tables']['revisions'] if m['revision'] == '$1')"; }
is_mode() { # is_mode REVISION MODE [TEXT OF THE REASON]
  equals "$1 is $2" "['$2']" "$(mode_of "$1")"
  [[ ! ${3:-} || $(why_of "$1") == *"$3"* ]] || fail "the reason of $1 is $3: $(why_of "$1")"
}
everyone_at() { equals "everyone is at $1" 50 "$(at "$1")"; }

revision looks "$HEAD" 'inspector = sa.inspect(op.get_bind())
if "looked" not in [c["name"] for c in inspector.get_columns("research_projects")]:
    op.add_column("research_projects", sa.Column("looked", sa.Text(), server_default="it'"'"'s \\ 100%"))
if "agents_looked" not in inspector.get_table_names():
    op.create_table("agents_looked", sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", sa.Text))
for name in [i["name"] for i in inspector.get_indexes("research_notes")]:
    op.execute("COMMENT ON INDEX %s IS '"'"'looked at'"'"'" % name)' 'inspector = sa.inspect(op.get_bind())
if "agents_looked" in inspector.get_table_names():
    op.drop_table("agents_looked")
for name in [i["name"] for i in inspector.get_indexes("research_notes")]:
    op.execute("COMMENT ON INDEX %s IS NULL" % name)
op.drop_column("research_projects", "looked")'
revision plain looks 'op.add_column("agents_looked", sa.Column("plain", sa.Text))' 'op.drop_column("agents_looked", "plain")'
revision asks plain 'bind = op.get_bind()
schema = bind.execute(sa.text("SELECT current_schema()")).scalar()
wanted = sa.text("SELECT 1 FROM information_schema.columns WHERE table_schema = :s AND table_name = :t AND column_name = :c")
if not bind.execute(wanted, {"s": schema, "t": "agents_looked", "c": "asked"}).scalar():
    op.execute(f"ALTER TABLE \"{schema}\".agents_looked ADD COLUMN asked text DEFAULT '"'"'{schema}'"'"'")
op.bulk_insert(sa.table("agents_looked", sa.column("id"), sa.column("kind")), [{"id": 1, "kind": "a; b"}, {"id": 2, "kind": None}])
try:
    with bind.begin_nested():
        bind.execute(sa.text("ALTER TABLE research_notes ADD COLUMN body text"))
except sa.exc.ProgrammingError:
    op.execute("COMMENT ON TABLE research_notes IS '"'"'had a body'"'"'")
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix_asked ON agents_looked (asked)")
op.execute("UPDATE agents_looked SET plain = kind WHERE plain IS NULL; ANALYZE agents_looked -- done")' \
  'sa.inspect(op.get_bind()).get_columns("agents_looked")
op.execute("DROP INDEX ix_asked")
op.execute("DELETE FROM agents_looked")
op.execute("COMMENT ON TABLE research_notes IS NULL")
op.drop_column("agents_looked", "asked")'
runs 0 alembic_of "$alone" upgrade head
runs 1 pgc --format json migrate plan --tenants all
is_mode looks recorded "cannot be rendered as SQL"
is_mode plain rendered
is_mode asks recorded
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" >"$WORK/schema" ||
  { cat "$WORK/schema"; fail "the plan fits its schema"; }
runs 1 pgc migrate plan --tenants all
says "recorded transaction: upgrade looks" "recorded autocommit: upgrade asks" "ADD COLUMN looked TEXT DEFAULT 'it''s"
says "CREATE INDEX CONCURRENTLY ix_asked"
hides "SELECT" "SAVEPOINT" "ADD COLUMN body"
equals "planning changed nobody" 49 "$(at "$HEAD")"
runs 0 pgc migrate up --tenants all
says "49 done, 0 failed" "tenants at asks: 50 of 50 alike" "against the recorded run: 1 of 1 alike"
everyone_at asks
runs 0 pgc migrate drift
says "50 of 50 alike"
dump "$alone" "$WORK/alone"
for tenant in "$odd" "$other" "$(tenant_number 49)"; do
  dump "$tenant" "$WORK/other"
  same_files "$tenant is what Alembic made of $alone" "$WORK/alone" "$WORK/other"
  equals "rows too" "1|a; b|a; b|tenant_$(hex "$tenant"),2|||tenant_$(hex "$tenant")" \
    "$(sql "SELECT id, kind, plain, asked FROM tenant_$(hex "$tenant").agents_looked ORDER BY id" | paste -sd,)"
done
ok "what one run said is sent to 49 tenants: they are what Alembic makes, names, rows and all"

runs 0 pgc migrate down --tenants all --yes "$HEAD"
everyone_at "$HEAD"
dump "$alone" "$WORK/alone"
runs 0 alembic_of "$alone" upgrade head
runs 0 alembic_of "$alone" downgrade "$HEAD"
dump "$alone" "$WORK/other"
same_files "back to where Alembic goes back to" "$WORK/alone" "$WORK/other"
runs 0 pgc migrate drift
ok "downgrades are recorded too"

sql "SET ROLE pgc_owner; ALTER TABLE tenant_$(hex "$odd").research_projects ADD COLUMN looked text DEFAULT 'by hand'"
runs 1 pgc --format json migrate plan --tenants all
equals "two groups" "['delegated', 'recorded']" "$(mode_of looks)"
[[ $(why_of looks) == *"tenant_$(hex "$odd") is not what the migrations make (column research_projects.looked is not expected)"* ]] ||
  fail "the tenant that somebody changed is named: $(why_of looks)"
runs 1 pgc migrate up --tenants all
says "50 done" "49 of 50 alike"
everyone_at asks
equals "it kept its own column" "by hand" "$(sql "SELECT trim(both '''' from split_part(column_default, '::', 1))
  FROM information_schema.columns
  WHERE table_schema = 'tenant_$(hex "$odd")' AND column_name = 'looked'")"
sql "ALTER TABLE tenant_$(hex "$odd").research_projects ALTER COLUMN looked SET DEFAULT E'it''s \\\\ 100%'"
runs 0 pgc migrate down --tenants all --yes "$HEAD"
runs 0 pgc migrate drift
forget looks_test.py plain_test.py asks_test.py
ok "a tenant that somebody changed is left to Alembic by name, the others are not"

# Each of these is another reason why one run does not tell for all: none of them may be recorded.
one=$(tenant_number 4) two=$(tenant_number 5)
refused() { # refused REASON PYTHON
  revision refused "$HEAD" "$2"
  runs 1 pgc --format json migrate plan --tenants "$one,$two"
  is_mode refused delegated "$1"
  forget refused_test.py
}
refused "reads rows of research_projects" 'for row in op.get_bind().execute(sa.text("SELECT id FROM research_projects")):
    op.execute("SELECT %s" % row)'
refused "changes rows and looks at them" 'op.get_bind().execute(sa.text("DELETE FROM research_notes RETURNING id")).fetchall()'
refused "it makes values of its own each time it runs (uuid4" 'import uuid
op.get_bind().execute(sa.text("COMMENT ON TABLE research_notes IS '"'"'%s'"'"'" % uuid.uuid4()))
sa.inspect(op.get_bind()).get_table_names()'
refused "says something else when it is run again" 'import time
op.get_bind().execute(sa.text("COMMENT ON TABLE research_notes IS '"'"'%s'"'"'" % time.perf_counter_ns()))
sa.inspect(op.get_bind()).get_table_names()'
refused "says something else when it is run again" 'if op.get_bind().execute(sa.text("UPDATE research_notes SET body = '"''"'")).rowcount:
    op.execute("COMMENT ON TABLE research_notes IS '"'"'had rows'"'"'")'
refused "says something else when it is run again" 'name = op.get_bind().execute(sa.text("SELECT current_schema()")).scalar()
op.execute("COMMENT ON TABLE research_notes IS '"'"'%s'"'"'" % name[:12])'
refused "names the database" 'name = op.get_bind().execute(sa.text("SELECT current_database()")).scalar()
op.execute("COMMENT ON TABLE research_notes IS '"'"'%s'"'"'" % name)'
refused "Alembic failed on an empty schema" 'raise RuntimeError(sa.inspect(op.get_bind()).get_table_names())'
ok "rows, chance, counts, names cut short: each is left to Alembic, with the reason" # the others: unit/record

revision reads "$HEAD" 'count = op.get_bind().execute(sa.text("SELECT count(*) FROM research_projects")).scalar()
op.execute("CREATE TABLE agents_count (n int DEFAULT %d)" % count)' 'op.drop_table("agents_count")'
runs 0 pgc migrate up --tenants "$one,$two"
says "2 done"
runs 0 pgc migrate down --tenants "$one,$two" --yes "$HEAD"
forget reads_test.py
ok "what is left to Alembic is run"

# A key to the application's tables needs them in the disposable database.
reference=$(sql "SELECT c.relname || '(' || a.attname || ')' FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE c.relnamespace = 'stratmaster_api'::regnamespace
  AND c.relname LIKE 'ref\_%' AND format_type(a.atttypid, NULL) = 'text' LIMIT 1")
revision keyed "$HEAD" "sa.inspect(op.get_bind()).get_table_names()
op.execute('CREATE TABLE agents_kinds (kind text REFERENCES stratmaster_api.$reference)')" 'op.drop_table("agents_kinds")'
runs 1 pgc --format json migrate plan --tenants "$one,$two"
is_mode keyed recorded
runs 1 pgc --format json migrate plan --tenants "$one,$two" --delegate
is_mode keyed delegated
forget keyed_test.py
ok "a key to the application's tables is recorded too; --delegate leaves all to Alembic"

env=$VERSIONS/../env.py
cp "$env" "$WORK/env.py"
revision looks "$HEAD" 'print("upgrading; it")
sa.inspect(op.get_bind()).get_table_names()
op.execute("COMMENT ON TABLE research_notes IS '"'"'looked'"'"'")' 'op.execute("COMMENT ON TABLE research_notes IS NULL")'
{ echo 'print("hello; world")'; echo 'import os; os.environ["DATABASE_URL"]'; cat "$WORK/env.py"; echo 'print("bye")'; } >"$env"
runs 1 pgc --format json migrate plan --tenants "$one,$two"
is_mode looks recorded
{ cat "$WORK/env.py"; echo 'raise RuntimeError("no such luck")'; } >"$env"
runs 1 pgc --format json migrate plan --tenants "$one,$two"
is_mode looks delegated "no such luck"
# It does not connect where it is told: nothing may be run there.
{ echo "import os; os.environ['DATABASE_URL'] = '$(dsn)'; os.environ['PGHOST'] = '127.0.0.1'"; cat "$WORK/env.py"; } >"$env"
runs 1 pgc --format json migrate plan --tenants "$one,$two"
is_mode looks delegated "env.py does not connect as DATABASE_URL says"
{ echo "import os; url = os.environ['DATABASE_URL']"
  echo "os.environ['DATABASE_URL'] = url.replace('/pgcontract_disposable_', '/x')"; cat "$WORK/env.py"; } >"$env"
runs 1 pgc --format json migrate plan --tenants "$one,$two"
is_mode looks delegated "env.py connects to dbname x"
cp "$WORK/env.py" "$env"
sql_session() { pgc --env local psql -- -XAtq -c '\c template1' -c "SELECT pg_sleep(120)"; }
sql_session >/dev/null 2>&1 &
STARTED+=("$!")
until [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = 'template1' AND wait_event = 'PgSleep'")" = 1 ]; do sleep 0.2; done
runs 1 pgc --format json migrate plan --tenants "$one,$two"
is_mode looks delegated "is being accessed by other users"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'template1'" >/dev/null
equals "nobody was touched" 50 "$(at "$HEAD")"
ok "an env.py that prints is heard, one that raises or goes elsewhere is not; without a disposable database all is as before"

equals "the disposable databases are gone" "$before" "$(databases)"
done_testing
