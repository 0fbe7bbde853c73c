#!/usr/bin/env bash
# migrate lint against a server: what is pending, weighed by the tables that are there; live tables by the same rules;
# what was observed overrules the text; waivers; formats.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"
command -v alembic >/dev/null || skip "alembic is not installed"

runs 0 pgc migrate lint --offline
says "no server was asked" "released when reports had 3,000 rows"
ok "the reference history has no finding that is not waived"

runs 0 pgc migrate lint
says "no server was asked (" "every revision is judged"
runs 2 pgc migrate lint 48ad1139c5a6
says "a revision of one history"
runs 0 pgc migrate lint 48ad1139c5a6 --application --offline
says "1 revisions with 3 statements"
runs 0 pgc migrate lint 92946386c553:48ad1139c5a6 --application --offline
hides "agents_queue"
ok "without a server everything is judged, or what was named"

fleet_ready "$TENANT_A" "$TENANT_B"
runs 0 pgc migrate lint
says "0 revisions with 0 statements"
hides "no server was asked"
ok "where nothing is pending only live tables are judged"

finding() { # finding RULE EXPRESSION: of its first finding
  json "next(c['findings'][0] for c in r['verdicts']['clauses'] if c['clause'] == '$1' and c['findings'])$2"
}
revision one "$HEAD" 'op.execute("CREATE INDEX IF NOT EXISTS ix_one ON research_projects (objective)")' \
  'op.execute("DROP INDEX IF EXISTS ix_one")'
validated 0 migrate lint
equals "an index of an empty table is a note" "note" "$(finding lint.index_blocks_writes "['severity']")"
equals "it stands at its line" "packages/api/stratmaster_api/migrations/tenant/versions/one_test.py:7" \
  "$(finding lint.index_blocks_writes "['where']")"
runs 0 pgc migrate lint --strict
ok "an index of a table that is empty on the target is a note"

schema_b=tenant_$(hex "$TENANT_B")
sql "INSERT INTO $schema_b.research_projects (name, objective)
       SELECT 'p' || n, repeat(md5(n::text), 30) FROM generate_series(1, 30000) AS n;
     ANALYZE $schema_b.research_projects"
validated 0 migrate lint
equals "of some ten megabytes it is a warning" "warning" "$(finding lint.index_blocks_writes "['severity']")"
finding lint.index_blocks_writes "['message']" >"$ERR"
says "$schema_b" " MB" "30000 rows"
runs 1 pgc migrate lint --strict
ok "the tenant where the table is largest decides, and the message tells size and traffic"

runs 1 pgc migrate lint --all --offline
says "one_test.py:7"
sed -i "s/object: b9a4b82a4071/object: one/" "$CONTRACT"
runs 1 pgc migrate lint --all --offline # now the other one is not waived
says "b9a4b82a4071:research_projects"
hides "one_test.py:7"
cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
ok "waivers name a revision"

sql "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = 'stratmaster_api.ix_reports__recent'::regclass"
validated 1 migrate lint
equals "an invalid index is found live" "stratmaster_api.reports.ix_reports__recent" \
  "$(finding lint.invalid_index "['subject']['label']")"
sql "REINDEX INDEX stratmaster_api.ix_reports__recent"
ok "the live tables are judged by the same rules"

forget one_test.py
revision hidden "$HEAD" \
  'op.execute("DO $$ BEGIN ALTER TABLE research_projects ALTER COLUMN objective TYPE varchar(4000); END $$")' \
  'op.execute("ALTER TABLE research_projects ALTER COLUMN objective TYPE text")'
validated 0 migrate lint
equals "what DO runs is not looked into" "not analysed: what DO runs is not looked into" \
  "$(finding lint.not_analysed "['message']")"
runs 0 pgc migrate lint --observe
says "lint.observed" "was seen to be written anew" "observed on PostgreSQL" "hidden_test.py:7"
# An index of the column, WHERE NOT is_archived, does not bear another type: no text tells.
revision hidden "$HEAD" 'op.execute("ALTER TABLE research_projects ALTER COLUMN is_archived TYPE text")' \
  'op.execute("ALTER TABLE research_projects ALTER COLUMN is_archived TYPE boolean USING true")'
runs 1 pgc migrate lint --observe
says "the statement fails on PostgreSQL" "argument of NOT must be type boolean"
forget hidden_test.py
ok "what a DO block rewrites is seen on a disposable database"

revision safe "$HEAD" 'op.execute("ALTER TABLE research_projects ALTER COLUMN name TYPE varchar")' \
  'op.execute("ALTER TABLE research_projects ALTER COLUMN name TYPE text")'
runs 0 pgc migrate lint --observe --strict
forget safe_test.py
equals "no disposable database is left" "0" "$(sql "SELECT count(*) FROM pg_database WHERE datname ~ 'disposable'")"
ok "what was seen not to rewrite is no finding"

runs 0 pgc explain lint.index_blocks_writes
says "CONCURRENTLY" "SHARE lock" "lowered or raised"
runs 2 pgc explain lint.index_block_writes
says "Did you mean lint.index_blocks_writes?"
runs 0 pgc explain --list
says "lint.drops_column"
ok "each rule has its page"

done_testing
