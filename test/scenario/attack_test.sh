#!/usr/bin/env bash
# tenant attack on the reference deployment: what it finds and records, and that nothing of it is left, however it ends.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

left() {
  sql "SELECT datname FROM pg_database WHERE datname ~ 'attack' UNION ALL
       SELECT rolname FROM pg_roles WHERE rolname ~ 'attack|ca4a41e5'"
}
evidence() { sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'attack'"; }
results() { json '" ".join(o["id"] for o in r["attacks"]["outcomes"] if o["result"] == "'"$1"'")'; }

up
runs 0 pgc tenant attack --only ID01,RLS01
says "2 refused, 0 succeeded"
equals "a bare database stays bare" "" "$(sql "SELECT nspname FROM pg_namespace WHERE nspname IN ('pgcontract', 'stratmaster_api')")"
ok "a server without the design is attacked all the same: the copy brings its own"

runs 0 pgc apply
for tenant in "$TENANT_A" "$TENANT_B"; do runs 0 pgc tenant add "$tenant"; done
runs 0 pgc verify --format json
equals "without a run the clause is unknown" unknown "$(verdict tenancy.attacks_refused)"
says "the attacks were never run here"
snapshot "$WORK/before"
runs 0 pgc tenant attack --format json
runs_of_attack=$OUT.attack
cp "$OUT" "$runs_of_attack"
/usr/bin/python3 "$SOURCE_ROOT/test/scenario/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" ||
  fail "the report keeps its published schema"
hides "SCRAM-SHA-256"
equals "no attack succeeds" "" "$(results succeeded)"
equals "every attack is judged" "" "$(results not_judged)"
[ "$(json 'len(r["attacks"]["outcomes"])')" -ge 121 ] || fail "the corpus is run whole"
equals "the run is recorded" "True 1" "$(json 'r["attacks"]["recorded"]') $(evidence)"
snapshot "$WORK/after"
same_files "the real design and its tenants are as they were" "$WORK/before" "$WORK/after"
equals "nothing is left" "" "$(left)"
ok "$(json '"{refused} refused, {residual} residual".format(**r["attacks"])'): recorded, and nothing is left"

runs 0 pgc verify --format json
equals "the evidence is believed" holds "$(verdict tenancy.attacks_refused)"
sql "UPDATE pgcontract.evidence SET recorded_at = recorded_at - interval '31 days' WHERE kind = 'attack'"
runs 0 pgc verify --format json
equals "for 30 days" unknown "$(verdict tenancy.attacks_refused)"
says "more than 30 days ago"
sql "UPDATE pgcontract.evidence SET recorded_at = recorded_at + interval '31 days', detail = detail || '{\"corpus\": \"x\"}'
     WHERE kind = 'attack'"
runs 0 pgc verify
says "by a corpus that has changed since"
sql "UPDATE pgcontract.evidence SET detail = detail || '{\"server\": \"15.1\"}' WHERE kind = 'attack'"
runs 0 pgc verify
says "against PostgreSQL 15.1, and this is"
sql "UPDATE pgcontract.evidence SET detail = detail || '{\"succeeded\": \"RLS01 ID08\"}' WHERE kind = 'attack'"
runs 1 pgc verify --format json
equals "what came through breaks the clause" broken "$(verdict tenancy.attacks_refused)"
says "succeeded on"
ok "tenancy.attacks_refused is judged by the newest run"

cat >"$WORK/hole.sql" <<'SQL'
DROP POLICY tenant_role_binding ON {APP}.reports;
CREATE ROLE attack_helper LOGIN IN ROLE {B};
SQL
runs 1 pgc tenant attack --with "$WORK/hole.sql" --only RLS01,RLS02,RLS10
says "RLS01" "SUCCEEDED" "B-REPORT-91c2" "prevented by: tenancy.rls_bound_to_role" "1 refused, 2 succeeded" "tried in the copy only"
equals "what was tried is not recorded" 1 "$(evidence)"
equals "the roles it made went with it" "" "$(left)"
for format in junit sarif markdown; do
  runs 1 pgc tenant attack --with "$WORK/hole.sql" --only RLS01 --format "$format"
  says "RLS01" "B-REPORT-91c2"
done
echo "SELECT 1/0" >"$WORK/wrong.sql"
runs 4 pgc tenant attack --with "$WORK/wrong.sql" --only RLS01
says "wrong.sql: division by zero"
equals "after an error nothing is left" "" "$(left)"
runs 4 pgc tenant attack --with "$WORK/none.sql"
says "the file of changes cannot be read"
runs 2 pgc tenant attack --only NONE
says "there is no attack NONE"
runs 2 pgc tenant add ca4a41e5-0000-8000-8000-00000000000a
says "is reserved for the canaries"
ok "a change is tried before it is made; wrong ones are named, and nothing is left"

# What others do meanwhile is theirs. The file's own roles go, with what they were granted outside of any database.
cat >"$WORK/slow.sql" <<'SQL'
CREATE ROLE attack_helper;
GRANT CREATE ON DATABASE stratmaster TO attack_helper;
SELECT pg_sleep(6);
SQL
(
  until [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 1 ]; do sleep 0.2; done
  sql "CREATE ROLE reporting; CREATE SCHEMA rep AUTHORIZATION reporting; CREATE TABLE rep.t AS SELECT generate_series(1, 1000) i;
       ALTER TABLE rep.t OWNER TO reporting"
) &
STARTED+=($!)
runs 0 pgc tenant attack --with "$WORK/slow.sql" --only RLS01
wait "${STARTED[-1]}"
says "that others use, stay: reporting"
equals "what others made meanwhile is there" "1000 reporting" \
  "$(sql "SELECT count(*) || ' reporting' FROM rep.t, pg_roles WHERE rolname = 'reporting'")"
equals "the roles that the file made went with it" "" "$(left)"
# Anybody who may create databases can give one our name and our mark.
sql "CREATE ROLE plain LOGIN CREATEDB PASSWORD 'plain'"
PGPASSWORD=plain psql -XAtq -h 127.0.0.1 -p "$(port)" -U plain -d postgres -c "CREATE DATABASE pgcontract_attack_deadbeef" \
  -c "COMMENT ON DATABASE pgcontract_attack_deadbeef IS E'pgcontract attack: a disposable copy\nreporting'"
runs 0 pgc tenant attack --only RLS01
equals "a mark that is not ours is not believed" "1000 reporting pgcontract_attack_deadbeef" \
  "$(sql "SELECT count(*) || ' reporting ' || datname FROM rep.t, pg_roles, pg_database
    WHERE rolname = 'reporting' AND datname ~ 'attack' GROUP BY datname")"
sql "DROP DATABASE pgcontract_attack_deadbeef"
sql "DROP SCHEMA rep CASCADE; DROP ROLE reporting, plain"
ok "an attack drops its own roles and databases, and nobody else's"

# Want of a connection is no refusal.
cp "$CONTRACT" "$WORK/contract.yaml"
sed -i 's|^    connections: .*|    connections: 1|' "$CONTRACT"
echo "GRANT {B} TO {A};" >"$WORK/member.sql"
runs 1 pgc tenant attack --with "$WORK/member.sql" --only ID24
says "ID24" "SUCCEEDED"
cp "$WORK/contract.yaml" "$CONTRACT"
ok "the contract's limit on connections keeps no attack from coming through"

# killed: the copy stays, harms no verdict, and goes with the next run.
(cd "$HOME_DIR" && exec "$PROGRAM" --contract "$CONTRACT" tenant attack >/dev/null 2>&1) &
STARTED+=($!)
for _ in $(seq 300); do
  [ -z "$(sql "SELECT 1 FROM pg_roles WHERE rolname ~ 'ca4a41e5.*000b$'")" ] || break
  sleep 0.1
done
runs 4 pgc tenant attack --only ID01
says "another tenant attack is at work on this server"
kill -9 "${STARTED[-1]}"
wait "${STARTED[-1]}" 2>/dev/null || true
[ "$(left)" ] || fail "a killed run leaves its copy"
sql "DELETE FROM pgcontract.evidence WHERE kind = 'attack'"
runs 0 pgc verify
hides "ca4a41e5"
runs 0 pgc tenant list
hides "ca4a41e5"
for _ in $(seq 50); do # the server ends the killed run's sessions, and with them its lock
  [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgcontract%' AND pid <> pg_backend_pid()")" != 0 ] || break
  sleep 0.2
done
# One that was cut off between CREATE DATABASE and its mark.
sql "CREATE DATABASE pgcontract_attack_0badc0de_base"
runs 0 pgc tenant attack --only ID01
says "what killed runs had left was dropped"
equals "nothing is left" "" "$(left)"
snapshot "$WORK/after"
same_files "the real design is as it was" "$WORK/before" "$WORK/after"
ok "a killed run is swept by the next one; two at a time are refused"

sql "CREATE ROLE weak LOGIN PASSWORD 'weak'; GRANT CONNECT ON DATABASE stratmaster TO weak"
sed -i 's|^  compose: .*|  compose: { dsn_from: env:WEAK_DSN }|' "$CONTRACT"
WEAK_DSN="postgresql://weak:weak@127.0.0.1:$(port)/stratmaster"
export WEAK_DSN
runs 4 pgc --env compose tenant attack
says "the role of the DSN may not create databases and roles"
ok "a role that may not is told which may"

done_testing
