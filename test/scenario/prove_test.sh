#!/usr/bin/env bash
# tenant prove as people use it: the design holds; a grant too many is found with its path, its clause and the SQL that
# shows it; that SQL works; plan and apply mend it, and the proof holds again.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B"
role_a=app_tenant_$(hex "$TENANT_A")
sql "ALTER ROLE $role_a PASSWORD 'tenant-$TENANT_A'"
sql "INSERT INTO stratmaster_api.reports (tenant_id, title) VALUES ('$TENANT_B', 'secret of $TENANT_B')"

runs 0 pgc tenant prove
says "no tenant reaches another: all 2 ordered pairs of 2 tenants hold"
runs 0 pgc verify --clause tenancy.no_cross_reach
ok "the design holds for every pair"

sql "ALTER TABLE stratmaster_api.reports DISABLE ROW LEVEL SECURITY"
runs 1 pgc tenant prove
says "2 of 2 ordered pairs of 2 tenants break"
says "rls_off"
says "tenancy.rls_enabled"
says "as $role_a: SELECT * FROM stratmaster_api.reports WHERE tenant_id = '$TENANT_B' LIMIT 1;"
equals "the SQL shows it" "secret of $TENANT_B" \
  "$(as_tenant "$TENANT_A" "SELECT title FROM stratmaster_api.reports WHERE tenant_id = '$TENANT_B' LIMIT 1;")"
runs 1 pgc --format json tenant prove
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" >"$WORK/schema" ||
  fail "the report is not as published: $(head -3 "$WORK/schema")"
runs 1 pgc verify --clause tenancy.no_cross_reach
says "rls_off"
runs 0 pgc apply
runs 0 pgc tenant prove
ok "row-level security switched off is found, shown and mended"

sql "GRANT USAGE ON SCHEMA tenant_$(hex "$TENANT_B") TO $role_a"
runs 1 pgc tenant prove --tenant "$TENANT_B"
says "schema_grant"
says "1 of 2 ordered pairs"
runs 4 pgc tenant prove --tenant 99999999-9999-4999-8999-999999999999
says "there is no tenant"
runs 2 pgc tenant prove --tenant nonsense
sql "REVOKE USAGE ON SCHEMA tenant_$(hex "$TENANT_B") FROM $role_a"
ok "the pairs of one tenant alone can be asked for"

sql "CREATE ROLE looker LOGIN PASSWORD 'looker' NOINHERIT; GRANT CONNECT ON DATABASE stratmaster TO looker"
DATABASE_URL="postgresql://looker:looker@127.0.0.1:$(port)/stratmaster" runs 4 pgc --env ci tenant prove
says "there is no proof"
ok "what cannot be read gives no proof"

done_testing
