#!/usr/bin/env bash
# What goes wrong before anything is done: each error says what, where and what to do next, and no secret.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

contract() { # contract TEXT: a file of its own
  printf '%s\n' "$1" >"$WORK/bad.yaml"
  CONTRACT=$WORK/bad.yaml
}
good() { CONTRACT=$HOME_DIR/contract.yaml; }

contract $'contract: 1\nname: x\nenvironment:\n  local: { dsn: embedded }\nschemas: { application: { name: a } }'
runs 4 pgc verify
says "bad.yaml:3:1" "Did you mean environments"
contract $'contract: 1\nname: x\nname: y'
runs 4 pgc verify
says "bad.yaml:3:1"
contract $'contract: 1\n  name: [x'
runs 4 pgc verify
says "bad.yaml:"
contract $'contract: 1\nname: x\nenvironments: { e: { dsn: "postgresql://u:s3cret-marker@h/d" } }\nschemas: { application: { name: a } }'
runs 4 pgc verify
says "dsn_from"
hides s3cret-marker
CONTRACT=$WORK/nowhere.yaml
runs 4 pgc verify
says "nowhere.yaml" "pgcontract init"
good
ok "a malformed contract is refused with file, line and column, and never repeats a secret"

runs 4 pgc --env ci verify
says "DATABASE_URL"
runs 4 pgc --env cj verify
says "ci"
runs 4 pgc verify
says "pgcontract up"
runs 2 pgc verifi
says "verify"
runs 2 pgc tenant add not-a-uuid
runs 2 pgc explain tenancy.rls_forcd
says "tenancy.rls_forced"
ok "a missing DSN, a stopped cluster and slips of the pen each name the next step"

up_and_apply "$TENANT_A"
export DATABASE_URL
DATABASE_URL="postgresql://postgres:wr0ng-marker@127.0.0.1:$(port)/stratmaster"
runs 4 pgc --env ci verify --format json
says "password"
hides wr0ng-marker
equals "a refused password is named in JSON" refused "$(json "r['error']['code']")"
DATABASE_URL="postgresql://postgres@127.0.0.1:1/stratmaster"
runs 4 pgc --env ci verify --format json
equals "an unreachable server is named in JSON" unreachable "$(json "r['error']['code']")"
DATABASE_URL="$(dsn)?sslmode=require"
runs 4 pgc --env ci verify
says TLS
hides "$(password)"
DATABASE_URL="not a dsn with s3cret-marker"
runs 4 pgc --env ci verify
hides s3cret-marker
ok "wrong password, unreachable server, refused TLS and a malformed DSN are told apart without showing the password"

DATABASE_URL=$(dsn)
runs 0 pgc --env ci verify
hides "$(password)"
sql "DROP SCHEMA stratmaster_api CASCADE"
# While Alembic runs, the password is in nobody's arguments or environment.
pgc --env ci apply >"$OUT" 2>"$ERR" &
watched=$!
: >"$WORK/leaks"
while kill -0 "$watched" 2>/dev/null; do
  for process in /proc/[0-9]*; do
    [ "$(tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -c '^DATABASE_URL=')" = 0 ] || [ "${process#/proc/}" = "$$" ] ||
      tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qE 'alembic' || continue
    { cat "$process/cmdline" "$process/environ" 2>/dev/null || true; } | tr '\0' '\n' |
      grep -v "^DATABASE_URL=$DATABASE_URL\$" | grep -F -- "$(password)" >>"$WORK/leaks" || true
  done
  sleep 0.02
done
wait "$watched" || { CODE=$?; fail "apply over TCP ends with 0"; }
equals "no child carries the password" "" "$(cat "$WORK/leaks")"
hides "$(password)"
unset DATABASE_URL
ok "the password reaches no argument, no child's environment and no output"

mv "$HOME_DIR/packages/api/alembic.ini" "$WORK/alembic.ini"
runs 1 pgc verify --format json
equals "a missing alembic.ini breaks migrations.alembic_readable" broken "$(verdict migrations.alembic_readable)"
says "packages/api/alembic.ini"
mv "$WORK/alembic.ini" "$HOME_DIR/packages/api/alembic.ini"
lost=$(grep -l "^down_revision.*None" "$HOME_DIR"/packages/api/stratmaster_api/migrations/application/versions/*.py | head -1)
mv "$lost" "$WORK/"
runs 1 pgc verify --format json
equals "a missing revision breaks migrations.alembic_readable" broken "$(verdict migrations.alembic_readable)"
mv "$WORK/$(basename "$lost")" "$lost"
runs 0 pgc verify
ok "a missing alembic.ini and a missing revision are findings with their file"

sql "CREATE ROLE looker LOGIN PASSWORD 'looker'; GRANT CONNECT ON DATABASE stratmaster TO looker"
DATABASE_URL="postgresql://looker:looker@127.0.0.1:$(port)/stratmaster"
export DATABASE_URL
runs 0 pgc --env ci verify --format json
equals "without rights the registry's clauses are unknown" unknown "$(verdict tenancy.schema_per_tenant)"
equals "without rights the version tables' clauses are unknown" unknown "$(verdict migrations.at_head)"
equals "what the catalog shows everybody is judged" holds "$(verdict schema.primary_key)"
says "permission denied"
runs 4 pgc --env ci apply --yes
hides "bug"
unset DATABASE_URL
ok "a role that may not read everything gets unknown with the reason, for those clauses only"

runs 4 bash -c "exec '$PROGRAM' --contract '$CONTRACT' verify >/dev/full"
ok "an output that cannot be written is an error"
done_testing
