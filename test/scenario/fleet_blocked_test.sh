#!/usr/bin/env bash
# A long transaction holds a lock on one tenant's table: the others are migrated, readers of that table never wait
# longer than the lock timeout, and the report names who is in the way.
PROGRAM=$1
source "$(dirname "$0")/../chaos/lib.sh"
source "$(dirname "$0")/fleet_lib.sh"

fleet_ready
many_tenants 12
busy=tenant_$(hex "$(tenant_number 5)")
revision light "$HEAD" 'op.execute("ALTER TABLE research_projects ADD COLUMN light text")' \
  'op.execute("ALTER TABLE research_projects DROP COLUMN light")'

hold "$busy.research_projects" "ACCESS SHARE"
in_background migrate up --lock-timeout 300
fleet_waits() {
  until_true "the fleet waits" "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgcontract migrate'
    AND wait_event_type = 'Lock')"
}
fleet_waits
# A reader comes every 50 ms; what counts is the longest that one of them waits.
cat >"$WORK/reader.sql" <<EOF
DO \$\$
DECLARE longest interval := '0'; started timestamptz;
BEGIN
  FOR i IN 1..60 LOOP
    started := clock_timestamp();
    PERFORM count(*) FROM $busy.research_projects;
    longest := greatest(longest, clock_timestamp() - started);
    COMMIT;
    PERFORM pg_sleep(0.05);
  END LOOP;
  RAISE NOTICE 'longest %', extract(epoch FROM longest) * 1000;
END \$\$;
EOF
pgc psql -- -XAtq -f "$WORK/reader.sql" >"$WORK/longest" 2>&1
longest=$(sed -n 's/.*longest \([0-9]*\).*/\1/p' "$WORK/longest")
[ "$longest" -lt 1200 ] || fail "a reader waited $longest ms behind a lock timeout of 300 ms"
ok "the longest that a reader waited was $longest ms"
equals "the others are migrated meanwhile" 11 "$(at light)"
let_go
ends_with "once the lock is free, the run" 0 "$PID"
says "12 done, 0 failed" "attempts were made again later" "$busy" holder "idle in transaction" "$busy.research_projects"
equals "all are migrated" 12 "$(at light)"
ok "the blocked tenant is tried again until it is done, and the report says who blocked it"

runs 0 pgc migrate down --tenants all --yes "$HEAD"
hold "$busy.research_projects" "ACCESS SHARE"
runs 3 pgc migrate up --lock-timeout 50
says "11 done, 1 failed" "lock timeout" holder
let_go
runs 0 pgc migrate up
says "1 done, 0 failed"
ok "a lock that is never let go fails its own tenant"

# Somebody migrates a tenant by hand while the fleet is on its way to it.
third=$(tenant_number 3) last=$(tenant_number 11)
runs 0 pgc migrate down --tenants all --yes "$HEAD"
hold "tenant_$(hex "$(tenant_number 1)").research_projects" "ACCESS SHARE"
in_background migrate up --workers 1 --wave 1
fleet_waits
alembic_of "$(tenant_number 8)" upgrade light >"$WORK/waiting" 2>&1 &
LOCK=held runs 0 alembic_of "$third" upgrade light
LOCK=held runs 0 alembic_of "$last" downgrade bbd28e88c3ea
grep -q "waiting for pgcontract" "$WORK/waiting" || fail "an Alembic that takes the lock waits"
let_go
ends_with "with one that was moved away, the run" 3 "$PID"
says "10 done, 1 failed, 1 unneeded" "somebody else migrated it" "the version rows are bbd28e88c3ea, not $HEAD"
equals "it was left as it is" bbd28e88c3ea "$(rows_of "$last")"
runs 0 pgc migrate up
equals "all are at the head" 12 "$(at light)"
wait %% 2>/dev/null || true
ok "a tenant migrated by hand is noticed, and the others go on"

# The real Alembic at the same moment, on every tenant: each is migrated once, whoever comes first.
runs 0 pgc migrate down --tenants all --yes "$HEAD"
in_background migrate up --workers 2
for number in 11 10 9 8; do
  LOCK=held alembic_of "$(tenant_number $number)" upgrade head >"$WORK/cli.$number" 2>&1 || true
done
ends "$PID"
runs 0 pgc migrate up
equals "all are at the head" 12 "$(at light)"
equals "each has the column once" 12 "$(sql "SELECT count(*) FROM pg_attribute WHERE attname = 'light' AND NOT attisdropped")"
ok "a concurrent alembic upgrade does no harm"

done_testing
