#!/usr/bin/env bash
# The export of one tenant restored into an empty database by psql alone: every row of it, and none of another's.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply "$TENANT_A" "$TENANT_B"
# shellcheck source=/dev/null
source "$(dirname "$0")/tenant_rows.sh"
fill "$TENANT_A" canary-of-acme
fill "$TENANT_B" canary-of-globex
sql "CREATE SEQUENCE tenant_$(hex "$TENANT_A").numbers OWNED BY NONE; ALTER SEQUENCE tenant_$(hex "$TENANT_A").numbers OWNER TO pgc_owner;
     SELECT setval('tenant_$(hex "$TENANT_A").numbers', 41)" >/dev/null
sql "SELECT lo_from_bytea(54321, 'canary-of-acme large object'); ALTER LARGE OBJECT 54321 OWNER TO app_tenant_$(hex "$TENANT_A")" >/dev/null
# A partition without a grant of its own, which is how partitions are; row-level security that the owner is above; a
# default that asks whose session it is.
sql "CREATE TABLE tenant_$(hex "$TENANT_A").research_log (day date, what text) PARTITION BY RANGE (day);
     CREATE TABLE tenant_$(hex "$TENANT_A").research_log_1 PARTITION OF tenant_$(hex "$TENANT_A").research_log
       FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     INSERT INTO tenant_$(hex "$TENANT_A").research_log VALUES ('2026-02-02', 'canary-of-acme in a partition');
     ALTER TABLE tenant_$(hex "$TENANT_A").research_projects ENABLE ROW LEVEL SECURITY;
     CREATE POLICY none ON tenant_$(hex "$TENANT_A").research_projects USING (false);
     ALTER TABLE stratmaster_api.reports ALTER tenant_id SET DEFAULT pgcontract.role_tenant()"
runs 1 pgc apply # all that a program can mend: the table has no revision
target=$WORK/acme

runs 4 pgc tenant export "$TENANT_C" --output "$target"
says "there is no tenant"
[ ! -e "$target" ] && [ ! -e "$target.partial" ] || fail "a refused export leaves nothing"
mkdir "$target.partial" && touch "$target.partial/half" # as a killed run leaves it
runs 0 pgc --format json tenant export "$TENANT_A" --output "$target"
cp "$OUT" "$WORK/report.json"
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" || fail "the report keeps its schema"
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$target/manifest.json" ||
  fail "the manifest keeps its schema"
[ ! -e "$target.partial" ] || fail "what a killed run left is gone"
equals "nobody else may read it" 700 "$(stat -c %a "$target")"
(cd "$target" && json "'\n'.join(f['sha256'] + '  ' + f['file'] for f in r['tables']['files'])" | sha256sum --check --quiet) ||
  fail "the manifest's hashes are those of the files"
! grep -rqF canary-of-globex "$target" || fail "no row of another tenant is in it"
! grep -rqF "${TENANT_B}" "$target" || fail "no id of another tenant is in it"
! grep -rqF "$(hex "$TENANT_B")" "$target" || fail "no name of another tenant is in it"
equals "the export left evidence" 1 \
  "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'tenant_exported' AND subject = '$TENANT_A'")"
ok "an export has a manifest that tells its files, and nothing of another tenant"

runs 4 pgc tenant export "$TENANT_A" --output "$target"
says "is there already" "--yes"
runs 0 pgc --yes tenant export "$TENANT_A" --output "$target"
mkdir "$WORK/other" && touch "$WORK/other/file"
runs 4 pgc --yes tenant export "$TENANT_A" --output "$WORK/other"
says "no export of a tenant"
ok "an export is replaced only when asked, and nothing else ever"

# An empty cluster's database, without our roles: only what the files say.
sql "CREATE DATABASE restored TEMPLATE template0"
PGPASSWORD=$(password) psql -X -q -h 127.0.0.1 -p "$(port)" -U postgres -d restored -f "$target/restore.sql" >"$OUT" 2>"$ERR" ||
  fail "psql -f restores it"
there() { PGPASSWORD=$(password) psql -XAtq -h 127.0.0.1 -p "$(port)" -U postgres -d restored -c "$1"; }
# Every table, as the source's tenant has it.
cp "$target/manifest.json" "$OUT"
json "'\n'.join(i['object'] + ' ' + i['rows'] + ' ' + i['sha256'] for i in r['tables']['inventory']
  if i['kind'] in ('table', 'shared rows') and not i['object'].endswith('alembic_version'))" >"$WORK/wanted"
while read -r object _; do
  there "SELECT '$object', count(*), encode(sha256(convert_to(concat_ws(',',
    count(*), sum(w[1]), sum(w[2]), sum(w[3]), sum(w[4])), 'UTF8')), 'hex')
    FROM (SELECT ARRAY(SELECT ('x' || substr(h, 1 + 16 * i, 16))::bit(64)::int8 FROM generate_series(0, 3) i) w
          FROM (SELECT encode(sha256(convert_to(ROW(t.*)::text, 'UTF8')), 'hex') h FROM $object t) x) y"
done <"$WORK/wanted" | tr '|' ' ' >"$WORK/found"
same_files "every table has the rows it had, hash for hash" "$WORK/wanted" "$WORK/found"
[ "$(awk '{ rows += $2 } END { print rows }' "$WORK/found")" -gt 5 ] || fail "there were rows to compare"
equals "sequences go on where they were" 41 "$(there "SELECT last_value FROM tenant_$(hex "$TENANT_A").numbers")"
equals "rows of partitions are restored" "canary-of-acme in a partition" \
  "$(there "SELECT what FROM tenant_$(hex "$TENANT_A").research_log")"
equals "a default that asks for the tenant has it" "$TENANT_A" \
  "$(there "INSERT INTO stratmaster_api.reports (title, status) VALUES ('new', 'draft') RETURNING tenant_id")"
equals "large objects are restored" "canary-of-acme large object" "$(there "SELECT convert_from(lo_get(54321), 'UTF8')")"
referred=$(sed -n 's/^COPY \(stratmaster_api\.ref_[a-z_]*\) .*/\1/p' "$target/2_rows.sql" | sed -n 1p)
equals "reference rows that are referred to are there" t "$(there "SELECT count(*) > 0 FROM $referred")"
[ "$(there "SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'f')")" -gt 5 ] || fail "keys are restored"
ok "restored into an empty database by psql alone, every table has the same rows, hash for hash"

sql "CREATE POLICY hidden ON stratmaster_api.reports AS RESTRICTIVE USING (title <> 'canary-of-acme')"
runs 4 pgc tenant export "$TENANT_A" --output "$WORK/half"
says "A policy hides the others"
[ ! -e "$WORK/half" ] || fail "an export that is not whole has no name"
sql "DROP POLICY hidden ON stratmaster_api.reports; ALTER TABLE tenant_$(hex "$TENANT_A").research_projects FORCE ROW LEVEL SECURITY"
runs 4 pgc tenant export "$TENANT_A" --output "$WORK/half"
says "0 of its 7 rows of tenant_$(hex "$TENANT_A").research_projects can be seen"
[ ! -e "$WORK/half" ] || fail "an export that is not whole has no name"
sql "ALTER TABLE tenant_$(hex "$TENANT_A").research_projects NO FORCE ROW LEVEL SECURITY"
ok "an export that a policy would make incomplete is refused"

# In production the recording is asked for.
sed -i 's|^  compose: .*|  compose: { dsn_from: env:THE_DSN, production: true }|' "$CONTRACT"
THE_DSN=$(dsn)
export THE_DSN
before=$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'tenant_exported'")
runs 2 pgc --env compose tenant export "$TENANT_A" --output "$WORK/unasked"
[ ! -e "$WORK/unasked" ] && [ ! -e "$WORK/unasked.partial" ] || fail "no export without evidence of it"
equals "nothing is recorded that is not there" "$before" "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'tenant_exported'")"
runs 0 pgc --yes --env compose tenant export "$TENANT_A" --output "$WORK/asked"
[ -e "$WORK/asked/manifest.json" ] || fail "agreed to, it is there"
equals "with its evidence" $((before + 1)) "$(sql "SELECT count(*) FROM pgcontract.evidence WHERE kind = 'tenant_exported'")"
ok "an export and its evidence are there together or not at all"
done_testing
