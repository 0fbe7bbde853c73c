# shellcheck shell=bash disable=SC2154 # sourced by bench/run, whose variables it uses
# The rows on migrations: drift, migrate, record.

# Every tenant's schema compared with all others. The rivals on fifty tenants, as they can only do one at a time: pg_dump
# of one schema, and alembic check, which knows what the models know. The target is for 1,000 tenants.
row_drift() {
  local password target_dsn schema slice=50 ours dump check start
  [[ -e $work/model.json ]] || onboard 1 $((tenants - 1))
  measured 5 "$program" --contract "$contract" --quiet migrate drift
  ours=$median
  local ours_raw="$fastest to $p95 s, $memory MB" ours_memory=$memory
  password=$(cat "$work/stratmaster/.pgcontract/local/password")
  target_dsn=$(pgc --format json status |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["scene"]["target"])')
  start=$(date +%s.%N)
  for schema in $(sql -c "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname ~ '^tenant_' ORDER BY 1 LIMIT $slice"); do
    PGPASSWORD=$password "$programs/pg_dump" --schema-only -n "$schema" "$target_dsn" >/dev/null
  done
  dump=$(calculated "($(date +%s.%N) - $start) / $slice")
  start=$(date +%s.%N)
  for schema in $(sql -c "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname ~ '^tenant_' ORDER BY 1 LIMIT 10"); do
    PGPASSWORD=$password PGOPTIONS="-c role=pgc_owner -c search_path=$schema" \
      DATABASE_URL="postgresql://postgres@127.0.0.1:$(sql -c "SHOW port")/stratmaster" \
      alembic -c "$work/stratmaster/packages/api/alembic.ini" -n tenant check >/dev/null 2>&1 || true
  done
  check=$(calculated "($(date +%s.%N) - $start) / 10")
  row "drift, $tenants tenants x 20 tables" "$ours s" "$(calculated "$dump * $tenants") s" \
    "$(calculated "$dump * $tenants / $ours")x" \
    "$ours_raw; pg_dump -s -n $dump s a tenant ($slice of them), alembic check $check s a tenant (10 of them)"
  [[ $tenants -gt 1000 ]] || target "drift over 1,000 tenants in 2 s" "$ours <= 2"
  [[ $tenants -gt 1000 ]] || target "drift in less than 300 MB" "$ours_memory < 300"
}

# What `migrate` says it took, on the server: "1000 schemas in 0.52 s".
migrated() { pgc --format json "$@" | python3 -c '
import json, re, sys
report = json.load(sys.stdin)
assert report["application"]["failed"] == report["application"]["not_run"] == 0, report["application"]["failed"]
print(next(m[1] for n in report["notes"] if (m := re.match(r"\d+ schemas in ([\d.]+) s", n))))'; }
# rates NAME REVISION UPGRADE DOWNGRADE LEAST: our fleet against a bare libpq program that sends the same, by turns.
rates() {
  local name=$1 revision=$2 least=$5 versions=$work/stratmaster/packages/api/stratmaster_api/migrations/tenant/versions
  local ours=999 floor=999 seconds i raw="" head=b9a4b82a4071
  {
    printf '"""%s"""\nfrom alembic import op\nrevision = "%s"\ndown_revision = "%s"\n' "$name" "$revision" "$head"
    printf 'def upgrade():\n    for s in """%s""".split(";"): op.execute(s)\n' "$3"
    printf 'def downgrade():\n    for s in """%s""".split(";"): op.execute(s)\n' "$4"
  } >"$versions/$revision.py"
  local begin="BEGIN; SET LOCAL search_path = {schema}; SET LOCAL lock_timeout = '1s'; SET LOCAL ROLE pgc_owner"
  local move="UPDATE alembic_version SET version_num="
  echo "$begin; $3; $move'$revision' WHERE alembic_version.version_num = '$head'; COMMIT" >"$work/up.sql"
  echo "$begin; $4; $move'$head' WHERE alembic_version.version_num = '$revision'; COMMIT" >"$work/down.sql"
  for i in 1 2 3; do
    seconds=$(migrated migrate up --tenants all --skip-proof)
    ours=$(calculated "$seconds < $ours ? $seconds : $ours") raw+="$seconds/"
    floor_of down.sql >/dev/null
    seconds=$(floor_of up.sql)
    floor=$(calculated "$seconds < $floor ? $seconds : $floor") raw+="$seconds "
    migrated migrate down --tenants all --skip-proof --yes "$head" >/dev/null
  done
  rm "$versions/$revision.py"
  row "migrate up, $name" "$(calculated "$tenants / $ours")/s" "$(calculated "$tenants / $floor")/s" \
    "$(calculated "$ours / $floor")" "$tenants tenants, 8 workers; ours/floor in s: $raw"
  target "$name: $least tenants a second" "$tenants / $ours >= $least"
  target "$name: within 1.3 of the floor" "$ours / $floor <= 1.3"
}
floor_of() {
  PGPASSWORD=$(cat "$work/stratmaster/.pgcontract/local/password") "$work/floor" "$(pgc --format json status |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["scene"]["target"])')" 8 "$work/$1" <"$work/schemas"
}

row_migrate() {
  [[ -e $work/model.json ]] || onboard 1 $((tenants - 1))
  sql -c "ALTER SYSTEM RESET fsync" -c "ALTER SYSTEM RESET full_page_writes" -c "ALTER SYSTEM RESET synchronous_commit" \
    -c "SELECT pg_catalog.pg_reload_conf()" -c CHECKPOINT >/dev/null
  g++ -O2 -std=c++20 -I"$(pg_config --includedir)" "$source_root/bench/fleet_floor.cpp" -lpq -o "$work/floor"
  sql -c "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE 'tenant\_%' ORDER BY 1" >"$work/schemas"
  rates "one light revision" light "ALTER TABLE research_projects ADD COLUMN light text" \
    "ALTER TABLE research_projects DROP COLUMN light" 1500
  rates "2 columns and an index" index "ALTER TABLE research_projects ADD COLUMN one text;
    ALTER TABLE research_notes ADD COLUMN two int; CREATE INDEX ix_two ON research_notes (two)" \
    "DROP INDEX ix_two; ALTER TABLE research_notes DROP COLUMN two; ALTER TABLE research_projects DROP COLUMN one" 200
  measured 7 "$program" --contract "$contract" --quiet migrate up
  row "migrate up, nothing to do" "$median s" - - "$tenants tenants; fastest $fastest s, p95 $p95 s, $memory MB"
  [[ $tenants -gt 1000 ]] || target "nothing to do in 0.1 s" "$fastest <= 0.1"
  from_base
}

# 50 tenants from the base, against the CLI in a loop and Alembic in one process over batches, two at a time.
from_base() {
  local fifty=() ours cli batches start config=packages/api/alembic.ini target
  mapfile -t fifty < <(head -50 "$work/schemas")
  local list
  list=$(IFS=,; echo "${fifty[*]}")
  target=$(pgc --format json status | python3 -c 'import json, sys
t = dict(w.split("=", 1) for w in json.load(sys.stdin)["scene"]["target"].split())
print("postgresql://{user}@/{dbname}?host={host}&port={port}".format(**t))')
  PGPASSWORD=$(cat "$work/stratmaster/.pgcontract/local/password")
  export PGPASSWORD DATABASE_URL=$target PGCONTRACT_LOCK=held
  emptied() {
    # shellcheck disable=SC2046,SC2183 # a pair of words for each schema
    printf 'DROP SCHEMA %s CASCADE; CREATE SCHEMA %s AUTHORIZATION pgc_owner;\n' \
      $(printf '%s\n' "${fifty[@]}" | sed 's/.*/& &/') | sql -f - >/dev/null 2>&1
  }
  loop() {
    local schema
    for schema in "$@"; do
      (cd "$work/stratmaster" && PGOPTIONS="-c role=pgc_owner -c search_path=$schema" \
        alembic -c $config -n tenant upgrade head >/dev/null 2>&1)
    done
  }
  emptied
  start=$(date +%s.%N)
  loop "${fifty[@]}"
  cli=$(calculated "$(date +%s.%N) - $start")
  emptied
  start=$(date +%s.%N)
  for half in 0 25; do
    (cd "$work/stratmaster" && python3 - "$config" "${fifty[@]:half:25}" <<'EOF' >/dev/null 2>&1
import os, sys
from alembic import command
from alembic.config import Config
for schema in sys.argv[2:]:
    os.environ["PGOPTIONS"] = f"-c role=pgc_owner -c search_path={schema}"
    command.upgrade(Config(sys.argv[1], ini_section="tenant"), "head")
EOF
    ) &
  done
  wait
  batches=$(calculated "$(date +%s.%N) - $start")
  unset PGPASSWORD DATABASE_URL PGCONTRACT_LOCK
  emptied
  start=$(date +%s.%N)
  pgc migrate up --tenants "$list" --skip-proof >/dev/null
  ours=$(calculated "$(date +%s.%N) - $start")
  row "50 tenants from the base" "$ours s" "$cli s" "$(calculated "$cli / $ours")x" \
    "all of migrate up; rival the CLI in a loop; Alembic in two processes over batches $batches s"
  target "six times as fast as the CLI's loop" "$cli / $ours >= 6"
}

# One revision that looks at the database, on 200 tenants: recorded, and by Alembic for each. Both from start to end.
row_record() {
  local versions=$work/stratmaster/packages/api/stratmaster_api/migrations/tenant/versions list ours theirs start
  sql -c "ALTER SYSTEM SET fsync = on" -c "SELECT pg_catalog.pg_reload_conf()" >/dev/null
  onboard 20001 20200 0 # as the migrations make them: what was added to the others by hand is no revision's
  list=$(for ((i = 20001; i <= 20200; ++i)); do printf '00000000-0000-4000-8000-%012x,' "$i"; done)
  printf '%s\n' '"""looks at the database"""' 'import sqlalchemy as sa' 'from alembic import op' \
    'revision = "looks"' 'down_revision = "b9a4b82a4071"' 'def upgrade():' \
    '    if "looked" not in [c["name"] for c in sa.inspect(op.get_bind()).get_columns("research_projects")]:' \
    '        op.add_column("research_projects", sa.Column("looked", sa.Text))' \
    'def downgrade():' '    op.drop_column("research_projects", "looked")' >"$versions/looks.py"
  start=$(date +%s.%N)
  pgc migrate up --tenants "${list%,}" >/dev/null
  ours=$(calculated "$(date +%s.%N) - $start")
  pgc migrate down --tenants "${list%,}" --yes b9a4b82a4071 >/dev/null
  start=$(date +%s.%N)
  pgc migrate up --tenants "${list%,}" --delegate >/dev/null
  theirs=$(calculated "$(date +%s.%N) - $start")
  rm "$versions/looks.py"
  row "200 tenants, a revision that looks" "$ours s" "$theirs s" "$(calculated "$theirs / $ours")x" \
    "all of migrate up, proof included; rival --delegate: Alembic for each, 8 at a time"
  target "five times as fast as Alembic for each" "$theirs / $ours >= 5"
}
