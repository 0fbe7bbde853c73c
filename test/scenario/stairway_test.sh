#!/usr/bin/env bash
# migrate stairway: every revision up, down, up again and twice on a disposable database; each way to break is found for
# the right reason, and none of them hides the next; a killed run leaves nothing that the next does not drop.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/rehearse_lib.sh"
command -v alembic >/dev/null || skip "alembic is not installed"

up
validated 0 migrate stairway
equals "every revision of both histories was tried" 16 "$(json 'len(r["tables"]["rungs"])')"
equals "all rungs are good" "good" "$(json '", ".join({x[k] for x in r["tables"]["rungs"] for k in ("up", "down", "up_again", "twice")})')"
equals "the database is dropped" 0 "$(disposables)"
ok "the reference histories go up, down and up, also on a server that knows none of the contract's roles"

runs 0 pgc apply
runs 0 pgc migrate stairway --section tenant
says "$TENANT_HEAD" "UP AGAIN"
hides "good  broken" "not tested"
ok "and as the contract's owner"

revision a00000000001 $TENANT_HEAD 'op.execute("ALTER TABLE research_notes ADD COLUMN IF NOT EXISTS mood text")
op.execute("CREATE INDEX IF NOT EXISTS ix_forgotten ON research_notes (id)")' \
  'op.execute("ALTER TABLE research_notes DROP COLUMN IF EXISTS mood")'
revision a00000000002 a00000000001 'op.execute("CREATE TABLE IF NOT EXISTS research_two (id int PRIMARY KEY)")' \
  'raise NotImplementedError("there is no way back")'
revision a00000000003 a00000000002 'op.execute("ALTER TABLE research_notes ADD COLUMN third int")' \
  'op.execute("ALTER TABLE research_notes DROP COLUMN third")'
revision a00000000004 a00000000003 'op.execute("CREATE INDEX ON research_notes (third)")' \
  'op.execute("DROP INDEX IF EXISTS research_notes_third_idx")'
revision a00000000005 a00000000004 'op.execute("CREATE TABLE IF NOT EXISTS research_five (id int PRIMARY KEY)")' \
  'op.execute("DROP TABLE research_five")'
revision a00000000006 a00000000005 'if op.get_bind().execute(sa.text("SELECT count(*) FROM research_five")).scalar() == 0:
    op.execute("ALTER TABLE research_five ADD COLUMN IF NOT EXISTS asked int")' \
  'op.execute("ALTER TABLE research_five DROP COLUMN IF EXISTS asked")'
revision a00000000007 a00000000006 'op.execute("CREATE TABLE IF NOT EXISTS research_seven (id int DEFAULT 1)")' \
  'op.execute("ALTER TABLE IF EXISTS research_seven ALTER COLUMN id SET DEFAULT 2")'
revision a00000000008 a00000000007 'with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_late ON research_notes (third)")' \
  'op.execute("DROP INDEX IF EXISTS ix_late")'
validated 1 migrate stairway --section tenant
equals "a downgrade that forgets an index" "good broken good not_tested" "$(rung a00000000001)"
case $(found migrations.reversible tenant/a00000000001) in
  "after the downgrade it is not what it was: index ix_forgotten: is there, and should not be"*) ;;
  *) fail "the index is named: $(found migrations.reversible tenant/a00000000001)" ;;
esac
equals "a downgrade that raises" "good broken not_tested not_tested" "$(rung a00000000002)"
says "there is no way back"
equals "an upgrade that cannot be run twice" "good good good broken" "$(rung a00000000003)"
equals "says why" 'the upgrade run twice fails: column "third" of relation "research_notes" already exists' \
  "$(found migrations.idempotent tenant/a00000000003 | sed 's/ (in .*//')"
equals "one that leaves more when run twice" "good good good broken" "$(rung a00000000004)"
says "run twice it leaves something else: index research_notes_third_idx1: is there, and should not be"
equals "a downgrade that cannot be run twice" "good good good broken" "$(rung a00000000005)"
says 'the downgrade run twice fails: table \"research_five\" does not exist'
equals "one that asks the database is run by Alembic" "good good good not_tested" "$(rung a00000000006)"
equals "a downgrade that leaves the table" "good broken broken not_tested" "$(rung a00000000007)"
says "column research_seven.id: default is 2, not 1"
equals "one outside a transaction, behind all of them" "good good good good" "$(rung a00000000008)"
equals "the reference's own are as good as before" "good good good good" "$(rung $TENANT_HEAD)"
equals "the database is dropped" 0 "$(disposables)"
runs 1 pgc migrate stairway --section tenant
says "a00000000002" "broken" "not tested" "tenant/a00000000001" "ix_forgotten"
for format in junit sarif markdown; do
  runs 1 pgc migrate stairway a00000000001 --section tenant --format "$format"
  says "migrations.reversible" "tenant/a00000000001" "a00000000001.py"
done
ok "each broken rung is found for its reason, and hides no other"

validated 0 migrate stairway "$TENANT_HEAD" a00000000008
equals "only what was asked for" "$TENANT_HEAD a00000000008" "$(json '" ".join(x["revision"] for x in r["tables"]["rungs"])')"
validated 1 migrate stairway --since a00000000004 --section tenant
equals "only what is above" "a00000000005 a00000000006 a00000000007 a00000000008" \
  "$(json '" ".join(x["revision"] for x in r["tables"]["rungs"])')"
validated 0 migrate stairway --section alembic
equals "only one history" "alembic" "$(json '" ".join({x["history"] for x in r["tables"]["rungs"]})')"
runs 2 pgc migrate stairway nowhere
says "no history has a revision nowhere"
runs 2 pgc migrate stairway --section nowhere
ok "what is tried can be chosen"

revision a00000000003 a00000000002 'op.execute("ALTER TABLE absent ADD COLUMN third int")' 'pass'
validated 1 migrate stairway --section tenant
equals "one that does not go up" "broken not_tested not_tested not_tested" "$(rung a00000000003)"
equals "and those above it" "not_tested not_tested not_tested not_tested" "$(rung a00000000004)"
says 'relation \"absent\" does not exist' "revision a00000000003 does not go up"
equals "the database is dropped" 0 "$(disposables)"
ok "above a revision that does not go up nothing is tried, and it says so"

forget a0000000000{3,4,5,6,7,8}.py
revision a00000000003 a00000000002 'op.execute("SELECT pg_sleep(30)")' 'pass'
(cd "$HOME_DIR" && exec "$PROGRAM" --contract "$CONTRACT" migrate stairway) >/dev/null 2>&1 &
STARTED+=($!)
killed=$!
asleep="query LIKE '%pg_sleep(30)%' AND datname LIKE 'pgcontract\_disposable\_%'"
for _ in $(seq 300); do
  [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE $asleep")" = 0 ] || break
  sleep 0.1
done
equals "a run is in the middle" 1 "$(disposables)"
forget a00000000003.py
runs 1 pgc migrate stairway --section tenant
hides "killed runs"
equals "a living run keeps its database while another comes and goes" 1 "$(disposables)"
kill -9 "$killed"
wait "$killed" 2>/dev/null || true
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $asleep" >/dev/null
sessions_gone
# Cut off between CREATE DATABASE and its comment; and one that only looks like ours.
sql "CREATE DATABASE pgcontract_disposable_00000000000000000000000000000000"
sql "CREATE DATABASE pgcontract_disposable_11111111111111111111111111111111"
sql "COMMENT ON DATABASE pgcontract_disposable_11111111111111111111111111111111 IS 'somebody''s own'"
runs 1 pgc migrate stairway --section tenant
says "what killed runs had left was dropped: 2 disposable databases"
equals "only somebody's own is left" 1 "$(disposables)"
ok "what kill -9 leaves is dropped by the next run, and no living run's"
done_testing
