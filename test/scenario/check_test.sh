#!/usr/bin/env bash
# migrate check: one verdict on the revisions before anyone has them; what it finds is evidence that verify judges by
# until a file changes; a file edited after its release is named; a pipeline's empty database is enough.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/rehearse_lib.sh"
command -v alembic >/dev/null || skip "alembic is not installed"

up
sql "CREATE DATABASE pipeline"
DATABASE_URL=$(dsn | sed 's/stratmaster$/pipeline/') runs 0 pgc --env ci migrate check
says "migrations.reversible" "no evidence is recorded: this database is not under the contract"
hides "good  broken"
equals "the database is dropped" 0 "$(disposables)"
ok "a pipeline's empty database is enough"

runs 0 pgc apply
runs 0 pgc tenant add "$TENANT_A"
validated 0 verify
for clause in reversible idempotent lock_safe models_match; do
  equals "$clause is unknown before the check" unknown "$(verdict migrations.$clause)"
done
equals "no file was edited" holds "$(verdict migrations.unedited_after_release)"
equals "each released file is recorded once" 16 "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'revision'")"
validated 0 migrate check
equals "the reference deployment passes" 0 "$(json 'sum(c["verdict"] == "broken" for c in r["verdicts"]["clauses"])')"
equals "its own locks are waived, with a reason" waived "$(verdict migrations.lock_safe)"
validated 0 verify
for clause in reversible idempotent models_match unedited_after_release; do
  equals "$clause holds by the evidence" holds "$(verdict migrations.$clause)"
done
ok "what was found is evidence for verify"

validated 0 migrate check --no-record
equals "or is not recorded" 1 "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'migration_check'")"
edited=$(ls "$TENANT_VERSIONS/$TENANT_HEAD"*)
cp "$edited" "$WORK/edited"
echo '# a thought, later' >>"$edited"
runs 1 pgc verify
says "tenant/$TENANT_HEAD" "was released on"
validated 1 verify
equals "the evidence is not about these files" unknown "$(verdict migrations.reversible)"
equals "the file was edited" broken "$(verdict migrations.unedited_after_release)"
validated 1 migrate check --no-record
equals "the check says so too" broken "$(verdict migrations.unedited_after_release)"
says "$(sha256sum "$WORK/edited" | cut -c1-12)" "$(sha256sum "$edited" | cut -c1-12)" "$(basename "$edited")"
cp "$WORK/edited" "$edited"
validated 0 verify
equals "with the old text all is well again" holds "$(verdict migrations.reversible)"
ok "a file edited after its release is named, with both digests"

revision c00000000001 $TENANT_HEAD 'op.execute("ALTER TABLE research_notes ADD COLUMN IF NOT EXISTS unknown_to_models int")
op.execute("ALTER TABLE research_notes ADD COLUMN IF NOT EXISTS stamped timestamptz DEFAULT clock_timestamp()")
op.execute("CREATE TABLE IF NOT EXISTS misnamed (at timestamp)")' \
  'op.execute("DROP TABLE IF EXISTS misnamed")
op.execute("ALTER TABLE research_notes DROP COLUMN IF EXISTS stamped, DROP COLUMN IF EXISTS unknown_to_models")'
validated 1 migrate check --no-record
equals "the models are behind" broken "$(verdict migrations.models_match)"
says "op.drop_column('research_notes', 'unknown_to_models')" "op.drop_table('misnamed')"
equals "a rewrite under a lock" broken "$(verdict migrations.lock_safe)"
case $(found migrations.lock_safe tenant/c00000000001) in
  "rewrites {schema}.research_notes under ACCESS EXCLUSIVE: ALTER TABLE research_notes ADD COLUMN IF NOT EXISTS stamped"*) ;;
  *) fail "the statement is named: $(found migrations.lock_safe tenant/c00000000001)" ;;
esac
for clause in domain_prefix temporal_type primary_key; do
  equals "what it makes breaks schema.$clause" broken "$(verdict schema.$clause)"
done
equals "it can be undone" holds "$(verdict migrations.reversible)"
for format in junit sarif markdown; do
  runs 1 pgc migrate check --no-record --format "$format"
  says "migrations.models_match" "migrations.lock_safe" "schema.primary_key"
done
ok "models, locks and conventions are judged over what the revisions make"

forget c00000000001.py
revision c00000000002 $TENANT_HEAD 'pass' 'pass'
revision c00000000003 $TENANT_HEAD 'pass' 'pass'
validated 1 migrate check --no-record
equals "two heads" broken "$(verdict migrations.single_head)"
equals "and each of them is tried" "good good good good" "$(rung c00000000003)"
forget c0000000000{2,3}.py
revision c00000000004_whose_id_is_longer_than_32_characters $TENANT_HEAD 'pass' 'pass'
validated 1 migrate check --no-record
equals "an id that does not fit" broken "$(verdict migrations.alembic_readable)"
equals "nothing is tried then, and it says so" unknown "$(verdict migrations.reversible)"
says "the history cannot be followed"
forget c00000000004_whose_id_is_longer_than_32_characters.py
ok "two heads and an id that is too long"

edit_env() { sed -i "$1" "$HOME_DIR/packages/api/stratmaster_api/migrations/tenant/env.py"; }
edit_env 's/migration.run(tenant_models.metadata, /migration.run(None, /'
validated 0 migrate check --no-record
equals "models that env.py does not name are not compared" unknown "$(verdict migrations.models_match)"
says "env.py names no target_metadata"
edit_env 's/migration.run(None, /migration.run(tenant_models.metadata, /'
edit_env '$a raise SystemExit("env.py is broken")'
runs 1 pgc migrate check --no-record
says "env.py is broken"
equals "the database is dropped" 0 "$(disposables)"
ok "an env.py that does not serve is told of"

(cd "$HOME_DIR" && exec "$PROGRAM" --contract "$CONTRACT" migrate check) >/dev/null 2>&1 &
STARTED+=($!)
killed=$!
for _ in $(seq 300); do
  [ "$(disposables)" = 0 ] || break
  sleep 0.05
done
kill -9 "$killed"
wait "$killed" 2>/dev/null || true
sessions_gone
equals "a killed run leaves its database" 1 "$(disposables)"
runs 1 pgc migrate drift --against database
equals "whoever needs one next drops it" 0 "$(disposables)"
ok "kill -9 in the middle"
done_testing
