#!/usr/bin/env bash
# Random histories, up and down again: one tenant by Alembic's own CLI and undisturbed, the others by the fleet, which is
# cut off at random statements and killed at random moments. Data, rows and dumps are then the same.
#   fleet_history_test.sh PROGRAM [HISTORIES [FIRST_SEED]]
PROGRAM=$1
histories=${2:-2}
seed=${3:-$((RANDOM % 9000 + 100))}
here=$(realpath "$(dirname "$0")")
source "$here/../chaos/lib.sh"
source "$here/../scenario/fleet_lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B" "$TENANT_C"
a=tenant_$(hex "$TENANT_A") b=tenant_$(hex "$TENANT_B") c=tenant_$(hex "$TENANT_C")
others="$TENANT_B,$TENANT_C"
begin_gate
sed -i "s/target_metadata=metadata,\$/target_metadata=metadata, transaction_per_migration=False,/" \
  "$HOME_DIR/packages/api/stratmaster_api/migration.py"

# of SCHEMA: all that is in it; where a table's row lies tells nothing.
of() {
  PGPASSWORD=$(password) "$SERVER_PROGRAMS/pg_dump" -n "$1" --inserts --exclude-table-data="*.alembic_version" \
    -h 127.0.0.1 -p "$(port)" -U postgres stratmaster |
    sed "/^\\\\restrict/d; /^\\\\unrestrict/d; /^--/d; /^\$/d; s/$1/SCHEMA/g; s/${1#tenant_}/HEX/g" |
    awk '/^INSERT/ { rows[++n] = $0; next } { print } END { n = asort_(rows, n); for (i = 1; i <= n; i++) print rows[i] }
      function asort_(r, n,   i, j, t) { for (i = 2; i <= n; i++) { t = r[i]; for (j = i - 1; j > 0 && r[j] > t; j--)
        r[j + 1] = r[j]; r[j + 1] = t } return n }'
}
alike() {
  local tenant schema
  of "$a" >"$WORK/by_alembic"
  for tenant in "$TENANT_B" "$TENANT_C"; do
    schema=tenant_$(hex "$tenant")
    of "$schema" >"$WORK/by_the_fleet"
    same_files "seed $seed, $1: what Alembic and the fleet make" "$WORK/by_alembic" "$WORK/by_the_fleet"
    equals "seed $seed, $1: the rows" "$(rows_of "$TENANT_A")" "$(rows_of "$tenant")"
  done
}
# disturbed WORDS…: the fleet on B and C, cut off a few times, then to its end.
cuts=0
disturbed() {
  local i options
  for i in 1 2 3; do
    if [ $((RANDOM % 3)) = 0 ]; then
      in_background migrate "$@" --skip-proof --workers 1
      sleep "$((RANDOM % 2)).$((RANDOM % 10))"
      kill -9 "$PID" 2>/dev/null || true
      ends "$PID"
    else
      options=(--cut $((RANDOM % 50 + 5)))
      [ $((RANDOM % 2)) = 0 ] || options+=(--after)
      [ $((RANDOM % 4)) != 0 ] || options+=(--for-good)
      gated "${options[@]}" -- migrate "$@" --skip-proof --workers 1 --wait 1
    fi
    case $CODE in
      0) ;;
      3 | 4 | 124 | 137) cuts=$((cuts + 1)) ;;
      *) fail "seed $seed: a run that is cut off ends with 0, 3 or 4, or is killed" ;;
    esac
  done
  runs 0 pgc migrate "$@"
}

for ((last = seed + histories; seed < last; ++seed)); do
  RANDOM=$seed
  sed -i "s/transaction_per_migration=[A-Za-z]*/transaction_per_migration=$([ $((seed % 2)) = 0 ] && echo True || echo False)/" \
    "$HOME_DIR/packages/api/stratmaster_api/migration.py"
  label=$(/usr/bin/python3 "$here/fleet_history.py" "$VERSIONS" "$HEAD" "$seed")
  runs 0 alembic_of "$TENANT_A" upgrade heads
  disturbed up heads --tenants "$others"
  alike "up"
  if [ "$label" ]; then
    runs 0 alembic_of "$TENANT_A" downgrade "$label@base"
    disturbed down --tenants "$others" --yes "$label@base"
    alike "the second base down"
  fi
  runs 0 alembic_of "$TENANT_A" downgrade "$HEAD"
  disturbed down --tenants "$others" --yes "$HEAD"
  alike "down"
  rm "$VERSIONS"/*_history.py
  for schema in "$a" "$b" "$c"; do sql "DROP TABLE $schema.agents_n, $schema.agents_rows"; done
  ok "seed $seed"
done
ok "what the fleet makes of $histories histories, cut off $cuts times, is what Alembic makes"
done_testing
