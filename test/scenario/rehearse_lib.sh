# Sourced behind lib.sh by the tests of migrate stairway and migrate check: revisions written into the copy's histories,
# and what may be left of disposable databases.
# shellcheck shell=bash
TENANT_VERSIONS=$HOME_DIR/packages/api/stratmaster_api/migrations/tenant/versions
TENANT_HEAD=b9a4b82a4071

# revision ID DOWN UPGRADE DOWNGRADE: a file of the tenants' history; the bodies are Python.
revision() {
  {
    printf '"""revision %s"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n' "$1"
    printf 'revision = "%s"\ndown_revision = "%s"\nbranch_labels = None\ndepends_on = None\n\n\n' "$1" "$2"
    printf 'def upgrade():\n'
    sed 's/^/    /' <<<"$3"
    printf '\n\ndef downgrade():\n'
    sed 's/^/    /' <<<"$4"
  } >"$TENANT_VERSIONS/$1.py"
}
forget() { rm -f "${@/#/$TENANT_VERSIONS/}"; }

disposables() { sql "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgcontract\_disposable\_%'"; }

# Waits until no session of a killed run is left, and with it its lock.
sessions_gone() {
  for _ in $(seq 100); do
    [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'pgcontract\_disposable\_%'
                OR application_name = 'pgcontract rehearsal'")" != 0 ] || return 0
    sleep 0.1
  done
}
# The messages of a clause's findings about one label, of the last JSON report.
found() { # found CLAUSE LABEL
  json "'; '.join(f['message'] for c in r['verdicts']['clauses'] if c['clause'] == '$1'
    for f in c['findings'] if f['subject']['label'] == '$2')"
}
# A rung's cells: up, down, up again, twice.
rung() {
  json "next(' '.join(x[k].replace(' ', '_') for k in ('up', 'down', 'up_again', 'twice'))
    for x in r['tables']['rungs'] if x['revision'] == '$1')"
}
