#!/bin/sh
# The two migration histories and the seed of stratmaster/, run for real: up, down and up again, offline against online,
# models against history, under the contract's owner as pgcontract runs them and by hand.
#
#   DATABASE_URL=postgresql://postgres@host:port/postgres stratmaster_history_test.sh
#
# The user must be superuser of a disposable server: databases and a role are made and dropped. One line a check; the
# first failure ends with exit code 1; 77 where Alembic is not installed.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
ini=$root/stratmaster/packages/api/alembic.ini
server=${DATABASE_URL:?set it to a superuser of a disposable server}
unset PGOPTIONS
export PYTHONDONTWRITEBYTECODE=1
alembic=$(command -v alembic) || { echo "skipped: alembic is not installed"; exit 77; }
# The interpreter that has Alembic has its driver; `python3` of the PATH may have neither.
python=${PYTHON:-$(sed -n '1s/^#! *//p' "$alembic")}
here=$(dirname -- "$0")

stem=stratmaster_history_$$
owner=${stem}_owner
tenant=tenant_0123456789abcdef0123456789abcdef
work=$(mktemp -d)
databases=

# The server's URL with another database.
url() { $python -c 'import sys, urllib.parse as u; p = u.urlsplit(sys.argv[1])
print(p.scheme + "://" + p.netloc + "/" + sys.argv[2] + ("?" + p.query if p.query else ""))' "$server" "$1"; }

finish() {
  status=$?
  for database in $databases; do psql -qX "$server" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" >&2; done
  PGOPTIONS="-c client_min_messages=warning" psql -qX "$server" -c "DROP ROLE IF EXISTS $owner" >&2
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() { echo "not ok: $1"; sed 's/^/    /' "$work/log"; exit 1; }
# check WHAT COMMAND…: the command succeeds.   refuse WHAT TEXT COMMAND…: it fails, and says TEXT.
check() { what=$1; shift; "$@" >"$work/log" 2>&1 || fail "$what"; echo "ok: $what"; }
refuse() {
  what=$1 text=$2; shift 2
  if "$@" >"$work/log" 2>&1; then fail "$what (it was accepted)"; fi
  grep -qF -- "$text" "$work/log" || fail "$what (without saying: $text)"
  echo "ok: $what"
}

fresh() {  # fresh NAME: a new database; DATABASE_URL points to it
  databases="$databases ${stem}_$1"
  psql -qX "$server" -c "CREATE DATABASE ${stem}_$1" || exit 1
  DATABASE_URL=$(url "${stem}_$1"); export DATABASE_URL
}
sql() { PGOPTIONS="-c client_min_messages=warning" psql -qAtX -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "$1"; }
# none QUERY: the query has no rows (each row would be an offence).
none() { rows=$(sql "$1") || return 1; [ -z "$rows" ] || { echo "$rows"; return 1; }; }
same() { diff "$1" "$2"; }
dump() { pg_dump --schema-only --no-owner "$DATABASE_URL" | grep -v '^--\|^\\restrict\|^\\unrestrict' >"$1"; }
history() { step=$1; shift; $python "$here/stratmaster_history.py" "$step" "$@"; }
application() { "$alembic" -c "$ini" -n alembic "$@"; }
tenants() { PGOPTIONS="-c search_path=$tenant" "$alembic" -c "$ini" -n tenant "$@"; }

up_down_up() {  # up_down_up RUN SCHEMA
  fresh "$1"
  sql "CREATE SCHEMA $tenant"
  check "$1: upgrade head" "$1" upgrade head
  check "$1: one head, and the version table is at it" \
    test "$("$1" heads 2>/dev/null | cut -d' ' -f1)" = "$(sql "SELECT version_num FROM $2.alembic_version")"
  dump "$work/$1.first"
  check "$1: nothing outside schema $2" none "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n
    ON n.oid = relnamespace WHERE nspname NOT IN ('$2', 'pg_catalog', 'information_schema', 'pg_toast')"
  check "$1: downgrade base" "$1" downgrade base
  check "$1: downgrade leaves only an empty version table" none "SELECT c.oid::regclass::text FROM pg_class c
    WHERE relnamespace = '$2'::regnamespace AND relname NOT LIKE 'alembic_version%' UNION ALL
    SELECT version_num FROM $2.alembic_version"
  check "$1: upgrade head again" "$1" upgrade head
  dump "$work/$1.second"
  check "$1: the same as the first time" same "$work/$1.first" "$work/$1.second"
  # As after a restore of objects without their version rows: every statement meets what it makes.
  sql "DELETE FROM $2.alembic_version"
  check "$1: idempotent: upgrade head over what is there" "$1" upgrade head
  dump "$work/$1.third"
  check "$1: idempotent: and nothing differs" same "$work/$1.first" "$work/$1.third"
}

offline() {  # offline RUN SCHEMA: continues up_down_up's dump
  fresh "$1_offline"
  check "$1: renders offline without DATABASE_URL" env -u DATABASE_URL "$alembic" -c "$ini" \
    -n "$([ "$1" = application ] && echo alembic || echo tenant)" upgrade head --sql
  # Only what is SQL: the log holds Alembic's messages too.
  env -u DATABASE_URL "$alembic" -c "$ini" -n "$([ "$1" = application ] && echo alembic || echo tenant)" \
    upgrade head --sql >"$work/$1.sql" 2>/dev/null
  check "$1: the rendered text names no schema" sh -c '! grep -nE "stratmaster_|public|tenant_[0-9a-f]{8}" "$1"' - \
    "$work/$1.sql"
  sql "CREATE SCHEMA $tenant" && { [ "$2" = "$tenant" ] || sql "CREATE SCHEMA $2"; }
  check "$1: psql applies it under a search_path" env PGOPTIONS="-c search_path=$2" \
    psql -qX -v ON_ERROR_STOP=1 -f "$work/$1.sql" "$DATABASE_URL"
  dump "$work/$1.offline"
  check "$1: offline equals online" same "$work/$1.first" "$work/$1.offline"
}

signature="SELECT c.relname, 'column ' || attname, format_type(atttypid, atttypmod), attnotnull::text,
    pg_get_expr(adbin, adrelid)
  FROM pg_class c JOIN pg_attribute ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0
    AND NOT attisdropped AND relname <> 'alembic_version'
  UNION ALL SELECT c.relname, conname, pg_get_constraintdef(o.oid), '', '' FROM pg_class c JOIN pg_constraint o
    ON conrelid = c.oid WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition
    AND relname <> 'alembic_version'
  UNION ALL SELECT c.relname, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), '', ''
  FROM pg_class c JOIN pg_index i ON indrelid = c.oid WHERE relnamespace = current_schema()::regnamespace
    AND NOT relispartition AND relname <> 'alembic_version'
  UNION ALL SELECT c.relname, 'partitioned', pg_get_partkeydef(c.oid), '', '' FROM pg_class c WHERE relkind = 'p'
  ORDER BY 1, 2, 3"

models() {  # models RUN SECTION SCHEMA
  fresh "$1_models"
  sql "CREATE SCHEMA $tenant"
  check "$1: upgrade for the models" "$1" upgrade head
  check "$1: no drift between models and history" env PGOPTIONS="-c search_path=$3" $python \
    "$here/stratmaster_history.py" drift "$2"
  PGOPTIONS="-c search_path=$3" psql -qAtX "$DATABASE_URL" -c "$signature" >"$work/$1.history"
  sql "DROP SCHEMA $3 CASCADE; CREATE SCHEMA $3"
  check "$1: the models make their tables" env PGOPTIONS="-c search_path=$3" $python \
    "$here/stratmaster_history.py" create "$2"
  PGOPTIONS="-c search_path=$3" psql -qAtX "$DATABASE_URL" -c "$signature" >"$work/$1.models"
  check "$1: every column, constraint and index is modelled" same "$work/$1.history" "$work/$1.models"
  sql "DROP SCHEMA $3 CASCADE; CREATE SCHEMA $3"
  "$1" upgrade head >"$work/log" 2>&1 || fail "$1: upgrade before planting drift"
  sql "ALTER TABLE $3.$4 ADD COLUMN planted timestamptz"
  refuse "$1: a planted column is found as drift" planted env PGOPTIONS="-c search_path=$3" $python \
    "$here/stratmaster_history.py" drift "$2"
  sql "ALTER TABLE $3.$4 DROP COLUMN planted"
  check "$1: every revision goes up, down and up again" env PGOPTIONS="-c search_path=$3" $python \
    "$here/stratmaster_history.py" stairway "$2"
}

conventions() {
  fresh conventions
  sql "CREATE SCHEMA $tenant"
  check "conventions: everything is there" sh -c '"$@" upgrade head' - "$alembic" -c "$ini" -n alembic
  check "conventions: the tenant's too" tenants upgrade head
  check "conventions: the demo's too" $python "$root/stratmaster/seeds/seed_demo.py"
  sql "CREATE VIEW public.judged AS SELECT c.oid AS id, nspname, relname, relkind, relispartition, relrowsecurity,
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id') AS shared
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p')
    AND (nspname LIKE 'stratmaster\\_%' OR nspname LIKE 'tenant\\_%') AND relname <> 'alembic_version'"
  check "conventions: domain prefixes" none "SELECT nspname, relname FROM judged WHERE relname !~
    '^(research|agents|knowledge)_' AND NOT (nspname = 'stratmaster_api'
    AND (relname LIKE 'ref\\_%' OR relname = 'reports'))"
  check "conventions: temporal columns are timestamptz with default now()" none "SELECT id::regclass, attname
    FROM judged JOIN pg_attribute ON attrelid = id AND attnum > 0
    LEFT JOIN pg_attrdef ON adrelid = id AND adnum = attnum WHERE atttypid::regtype::text ~ '^(date|time)'
    AND (atttypid <> 'timestamptz'::regtype OR pg_get_expr(adbin, adrelid) IS DISTINCT FROM 'now()')"
  check "conventions: a primary key each" none "SELECT id::regclass FROM judged WHERE NOT EXISTS (SELECT FROM pg_index
    WHERE indrelid = id AND indisprimary)"
  check "conventions: no sequences" none "SELECT oid::regclass FROM pg_class WHERE relkind = 'S'"
  check "conventions: tenant_id is uuid NOT NULL" none "SELECT id::regclass FROM judged
    JOIN pg_attribute ON attrelid = id AND attname = 'tenant_id' WHERE atttypid <> 'uuid'::regtype OR NOT attnotnull"
  check "conventions: shared tables' keys lead with tenant_id" none "SELECT id::regclass, indexrelid::regclass
    FROM judged JOIN pg_index ON indrelid = id AND indisunique WHERE shared AND indkey[0] <> (SELECT attnum FROM
    pg_attribute WHERE attrelid = id AND attname = 'tenant_id')"
  check "conventions: shared tables' foreign keys too, but for lookups" none "SELECT id::regclass, conname
    FROM judged JOIN pg_constraint ON conrelid = id AND contype = 'f'
    WHERE shared AND confrelid::regclass::text !~ '\\.?ref_'
    AND conkey[1] <> (SELECT attnum FROM pg_attribute WHERE attrelid = id AND attname = 'tenant_id')"
  check "conventions: row-level security on every shared table and partition" none "SELECT id::regclass FROM judged
    WHERE shared AND NOT (relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = id AND polpermissive
      AND polname = 'tenant_row_level_policy' AND polcmd = '*' AND polroles = '{0}' AND polwithcheck IS NULL
      AND pg_get_expr(polqual, id) LIKE
        '(tenant_id = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), %'))"
  check "conventions: there are shared tables, partitions and tables of no tenant" test "$(sql "SELECT
    count(*) FILTER (WHERE shared AND NOT relispartition) >= 8 AND count(*) FILTER (WHERE relispartition) >= 2
    AND count(*) FILTER (WHERE nspname = 'stratmaster_api' AND NOT shared AND relname NOT LIKE 'ref\\_%') >= 1
    FROM judged")" = t
}

documented() {  # every table, and no table that is not there
  doc=$root/stratmaster/docs/data/database-architecture.md
  DATABASE_URL=$(url "${stem}_conventions"); export DATABASE_URL
  sql "SELECT DISTINCT relname FROM judged WHERE NOT relispartition ORDER BY 1" | LC_ALL=C sort >"$work/tables"
  sed -n '/^## Tables/,/^## Tenancy/p' "$doc" | grep '^| `' | cut -d'|' -f2 | grep -o '[a-z_]*[a-z]' |
    LC_ALL=C sort >"$work/documented"
  check "conventions: database-architecture.md lists exactly these tables" same "$work/tables" "$work/documented"
}

# What pgcontract does: schemas that exist, an owner without CREATE on the database, by PGOPTIONS.
under_the_owner() {
  fresh owner
  sql "CREATE ROLE $owner NOLOGIN; CREATE SCHEMA stratmaster_api AUTHORIZATION $owner;
    CREATE SCHEMA $tenant AUTHORIZATION $owner; CREATE SCHEMA stratmaster_demo AUTHORIZATION $owner"
  check "owner: may not create schemas" \
    test "$(sql "SELECT has_database_privilege('$owner', current_database(), 'CREATE')")" = f
  check "owner: application" env PGOPTIONS="-c role=$owner -c search_path=stratmaster_api" \
    "$alembic" -c "$ini" -n alembic upgrade head
  # The path's second schema has an alembic_version at a head of the other history: it must not be taken for ours.
  check "owner: tenant, with more in the path" env PGOPTIONS="-c role=$owner -c search_path=$tenant,stratmaster_api" \
    "$alembic" -c "$ini" -n tenant upgrade head
  sql "DO \$\$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t); END LOOP; END \$\$;
    DELETE FROM stratmaster_api.alembic_version"
  check "owner: the history runs where row-level security binds the owner" env \
    PGOPTIONS="-c role=$owner -c search_path=stratmaster_api" "$alembic" -c "$ini" -n alembic upgrade head
  check "owner: seed" env PGOPTIONS="-c role=$owner -c search_path=stratmaster_demo" \
    $python "$root/stratmaster/seeds/seed_demo.py"
  check "owner: owns everything" none "SELECT c.oid::regclass FROM pg_class c
    JOIN pg_namespace n ON n.oid = relnamespace WHERE (nspname LIKE 'stratmaster\\_%' OR nspname LIKE 'tenant\\_%')
    AND relowner <> '$owner'::regrole"
  check "owner: each schema has its own version table" test "$(sql "SELECT string_agg(nspname, ' ' ORDER BY nspname)
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = 'alembic_version'")" = \
    "stratmaster_api $tenant"
}

by_hand() {
  fresh hand
  refuse "hand: no DATABASE_URL is said" "DATABASE_URL is not set" \
    env -u DATABASE_URL "$alembic" -c "$ini" -n alembic current
  refuse "hand: the tenants' history refuses schema public" "which is no tenant's" \
    "$alembic" -c "$ini" -n tenant upgrade head
  refuse "hand: a misspelt tenant leaves no schema" "does not exist" \
    "$alembic" -c "$ini" -n tenant -x tenant=tenant_1 upgrade head
  check "hand: -x tenant= makes the schema on a disposable database" \
    "$alembic" -c "$ini" -n tenant -x "tenant=$tenant" upgrade head
  # A view in the way of the tenth revision: whatever the nine before it did must be gone.
  sql "CREATE SCHEMA stratmaster_api CREATE VIEW knowledge_citations AS SELECT 1 AS one"
  refuse "hand: an upgrade that fails late" knowledge_citations application upgrade head
  check "hand: leaves nothing behind: one transaction" none "SELECT relname FROM pg_class
    WHERE relnamespace = 'stratmaster_api'::regnamespace AND relname <> 'knowledge_citations'"
}

queue() {
  fresh queue
  check "queue: upgrade" application upgrade head
  sql "INSERT INTO stratmaster_api.agents_tasks (tenant_id, kind, state) SELECT gen_random_uuid(), 'read',
    CASE WHEN n % 10 = 0 THEN 'queued' ELSE 'succeeded' END FROM generate_series(1, 5000) n"
  sql "ANALYZE stratmaster_api.agents_tasks"
  sql "EXPLAIN SELECT id FROM stratmaster_api.agents_tasks WHERE tenant_id = '00000000-0000-4000-8000-000000000000'
    AND state = 'queued' AND run_after <= now() ORDER BY priority, run_after LIMIT 1
    FOR UPDATE SKIP LOCKED" >"$work/plan"
  check "queue: a claim uses the partial index" grep -q ix_agents_tasks__queued "$work/plan"
  check "queue: a claim does not sort" sh -c '! grep -n Sort "$1"' - "$work/plan"
}

seed() {
  fresh seed
  check "seed: fills an empty database" $python "$root/stratmaster/seeds/seed_demo.py"
  check "seed: a few dozen rows" test "$(sql "SELECT sum((xpath('/row/n/text()',
    query_to_xml(format('SELECT count(*) AS n FROM %s', oid::regclass), false, true, '')))[1]::text::int) FROM pg_class
    WHERE relnamespace = 'stratmaster_demo'::regnamespace AND relkind = 'r'")" -ge 24
  pg_dump "$DATABASE_URL" | grep -v '^\\restrict\|^\\unrestrict' >"$work/seed.first"
  $python "$root/stratmaster/seeds/seed_demo.py" >"$work/seed.said" 2>&1
  pg_dump "$DATABASE_URL" | grep -v '^\\restrict\|^\\unrestrict' >"$work/seed.second"
  check "seed: a second run changes nothing" same "$work/seed.first" "$work/seed.second"
  check "seed: and says so" grep -q "nothing to change" "$work/seed.said"
  sql "UPDATE stratmaster_demo.agents_demo_playbooks SET steps = '[]'"
  check "seed: sets changed rows back" sh -c '$1 "$2" | grep "4 of"' - "$python" "$root/stratmaster/seeds/seed_demo.py"
}

up_down_up application stratmaster_api
offline application stratmaster_api
up_down_up tenants "$tenant"
offline tenants "$tenant"
models application alembic stratmaster_api reports
models tenants tenant "$tenant" research_notes
conventions
documented
under_the_owner
by_hand
queue
seed
