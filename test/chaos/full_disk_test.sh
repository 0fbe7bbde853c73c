#!/usr/bin/env bash
# A full disk: under the journal, and under our own output.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

up_and_apply
[ -w /dev/full ] || skip "there is no /dev/full"
CODE=0
pgc verify >/dev/full 2>"$ERR" </dev/null || CODE=$?
equals "verify that cannot print ends with 4" 4 "$CODE"
: >"$OUT"
says "no space left on device"
ok "verify into a full disk does not end with 0, and says why"

disk=$WORK/disk
mkdir "$disk"
if ! mount -t tmpfs -o size=2m,mode=755 tmpfs "$disk" 2>/dev/null; then
  [ "$COUNT" -gt 0 ] && echo "skipped: a small disk cannot be mounted here (needs root); the rest passed"
  exit 77
fi
CLEANUPS+=("umount '$disk'")
# The server must be gone before its disk can be; `down --remove` of the library comes after.
CLEANUPS=("(cd '$HOME_DIR' && '$PROGRAM' --contract contract.first.yaml down)" "${CLEANUPS[@]}")
mkdir "$disk/space"
chown "$(stat -c %u:%g "$CLUSTER/data")" "$disk/space"
sql "CREATE TABLESPACE small LOCATION '$disk/space'"
sql "ALTER TABLE pgcontract.job_step SET TABLESPACE small"
sql "ALTER TABLE stratmaster_api.reports NO FORCE ROW LEVEL SECURITY; GRANT SELECT ON stratmaster_api.reports TO PUBLIC"
snapshot "$WORK/before"

fill() {
  dd if=/dev/zero of="$disk/filler" bs=4k 2>/dev/null || true
  # the pages that the table has already are filled as well
  sql "INSERT INTO pgcontract.job (id, command, contract_sha256, program_version, state)
         VALUES ('00000000-0000-4000-8000-000000000000', 'filler', '', '', 'done') ON CONFLICT DO NOTHING"
  sql "DO \$\$ BEGIN
         FOR i IN 1 .. 100000 LOOP
           INSERT INTO pgcontract.job_step (job, number, clause, object)
             VALUES ('00000000-0000-4000-8000-000000000000', (SELECT COALESCE(max(number), 0) + 1 FROM pgcontract.job_step), '', '');
           COMMIT;
         END LOOP;
       END \$\$" 2>/dev/null || true
}
fill
runs 4 pgc --format json apply
equals "the error is a full disk" out_of_space "$(json 'r["error"]["code"]')"
says "No space left on device"
snapshot "$WORK/after"
same_files "an apply that cannot write its journal changes nothing" "$WORK/before" "$WORK/after"
runs 1 pgc verify
ok "with no room for the journal apply says so and changes nothing"

rm "$disk/filler"
sql "DELETE FROM pgcontract.job WHERE command = 'filler'"
runs 0 pgc apply
runs 0 pgc verify
journal_is_closed
ok "with room again, apply does its work"

sql "ALTER TABLE pgcontract.job_step SET TABLESPACE pg_default"
sql "DROP TABLESPACE small"
done_testing
