#!/usr/bin/env bash
# Thousands of tenants deleted in one go: a transaction each, so that the server's lock table is never what ends it.
#   delete_many_test.sh PROGRAM [TENANTS]
PROGRAM=$1
many=${2:-5000}
source "$(dirname "$0")/lib.sh"

up_and_apply
cat >"$WORK/make.sql" <<EOF
SELECT format('CREATE ROLE app_tenant_%1\$s LOGIN IN ROLE pgc_tenant; CREATE SCHEMA tenant_%1\$s AUTHORIZATION pgc_owner;
  GRANT USAGE ON SCHEMA tenant_%1\$s TO app_tenant_%1\$s; SET ROLE pgc_owner;
  CREATE TABLE tenant_%1\$s.research_notes (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
  CREATE INDEX ON tenant_%1\$s.research_notes (at); RESET ROLE;
  INSERT INTO pgcontract.tenant (id, display_name) VALUES (%1\$L, %1\$L)', lpad(to_hex(i), 8, '0') || '000040008000000000000000')
FROM generate_series(1, $many) AS i \\gexec
EOF
sql_file "$WORK/make.sql" >/dev/null
{
  echo id
  for ((i = 1; i <= many; ++i)); do printf '%08x-0000-4000-8000-000000000000\n' "$i"; done
} >"$WORK/leavers.csv"
runs 0 pgc --format json --yes tenant delete --from "$WORK/leavers.csv"
equals "every step is done" "$((4 * many)) 0" "$(json "str(r['application']['done']) + ' ' + str(r['application']['failed'])")"
equals "no schema, no role, every tenant deleted" "0|0|$many" "$(sql "SELECT
  (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'),
  (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'app\\_tenant%'),
  (SELECT count(*) FROM pgcontract.tenant WHERE state = 'deleted')")"
equals "each has its tombstone" "$many" "$(wc -l <"$HOME_DIR/tombstones.jsonl")"
ok "$many tenants are deleted in one go"

done_testing
