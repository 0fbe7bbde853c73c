# Sourced by bench/run: the row `tenthousand`, which `make tenthousand` measures.
# shellcheck shell=bash disable=SC2154 # tenants, work, program, contract, fastest, memory: of bench/run

# Everything that a fleet of thousands is asked daily, with what it costs the server in locks: make tenthousand.
row_tenthousand() {
  local versions=$work/stratmaster/packages/api/stratmaster_api/migrations/tenant/versions head=b9a4b82a4071 start
  start=$(date +%s.%N)
  onboard 1 $((tenants - 1))
  row "onboarded in bulk" "$(calculated "$(date +%s.%N) - $start") s" - - \
    "$tenants tenants, $(sql -c "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class WHERE relkind = 'r'
      AND relnamespace::pg_catalog.regnamespace::pg_catalog.text LIKE 'tenant\_%'") tables; fsync off for this row alone"
  sql -c "ALTER SYSTEM RESET fsync" -c "ALTER SYSTEM RESET full_page_writes" -c "ALTER SYSTEM RESET synchronous_commit" \
    -c "SELECT pg_catalog.pg_reload_conf()" -c CHECKPOINT >/dev/null
  printf '"""light"""\nfrom alembic import op\nrevision = "light"\ndown_revision = "%s"\n' "$head" >"$versions/light.py"
  printf 'def upgrade():\n    op.execute("ALTER TABLE research_projects ADD COLUMN light text")\n' >>"$versions/light.py"
  printf 'def downgrade():\n    op.execute("ALTER TABLE research_projects DROP COLUMN light")\n' >>"$versions/light.py"
  daily "light revision, proof left out" migrate up --skip-proof
  daily "taken back, proof left out" migrate down --tenants all --skip-proof --yes "$head"
  daily "light revision, with proof" migrate up
  daily "nothing to do" migrate up
  daily "migrate status" migrate status
  daily "migrate drift" migrate drift
  daily "tenant prove" tenant prove
  pgc migrate down --tenants all --skip-proof --yes "$head" >/dev/null
  rm "$versions/light.py"
  daily "verify" verify
}

# daily NAME WORDS…: once; time, memory, and the most locks that all of our sessions together were seen to hold.
daily() {
  local name=$1 locks watcher
  shift
  echo "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE pid <> pg_catalog.pg_backend_pid() \\watch 0.05" >"$work/watch"
  "$program" --contract "$contract" --quiet psql -- -XAtq -f "$work/watch" >"$work/locks" 2>/dev/null & # becomes psql
  watcher=$!
  measured 1 "$program" --contract "$contract" --quiet "$@"
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  locks=$(grep -E '^[0-9]+$' "$work/locks" | sort -n | tail -1)
  row "$tenants: $name" "$fastest s" - - "$memory MB, at most ${locks:-?} locks; load $(cut -d' ' -f1 /proc/loadavg)"
}
