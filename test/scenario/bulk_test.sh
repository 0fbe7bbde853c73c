#!/usr/bin/env bash
# Many tenants: lists that are checked whole, one that fails alone, an interrupted run that goes on, and all deleted.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
count=${2:-60}

up_and_apply
list() { for ((i = 1; i <= count; ++i)); do printf '%08x-0000-4000-8000-000000000000,"Tenant ""%d"", Ltd"\n' "$i" "$i"; done; }
{ printf '\xef\xbb\xbfid,display_name\r\n'; list | sed 's/$/\r/'; } >"$WORK/tenants.csv"

bad() { # bad TEXT SAYS…: refused whole
  printf '%b' "$1" >"$WORK/bad"
  shift
  runs 4 pgc tenant add --from "$WORK/bad"
  says "$@"
}
one=$TENANT_A
bad "id,display_name\n$one,A\nnot-a-uuid,B\n{${one^^}},C\n$TENANT_B,$(printf 'x%.0s' {1..201})\n$TENANT_C,a,b\n" \
  "4 problems" "line 3: \"not-a-uuid\" is not a uuid" "line 4: $one is the tenant of line 2 again" "line 5: display_name has 201 bytes" \
  "line 6: has 3 fields, the header has 2"
bad "name\nx\n" "the header is not id,display_name"
bad "id,display_name\n$one,\"open\n" "line 2: a quote is not closed"
bad "[{\"id\": \"$one\"}, {\"id\": 7}, {\"name\": \"x\"}]" "line 2: id is not a text" "line 3: has the unknown key"
bad "{\"id\": \"$one\"}\n{\"id\": \n" "line 2: is not JSON"
bad "id,display_name\n$one,\"two\nlines\"\n" "line 2: display_name"
bad "" "there is no tenant in this list"
runs 4 pgc tenant add --from "$WORK/nowhere"
runs 2 pgc tenant add "$one" --from "$WORK/bad"
equals "nothing was done" 0 "$(sql "SELECT count(*) FROM pgcontract.tenant")"
ok "a list with bad lines is refused whole, and each of them is named"

sql "CREATE ROLE app_tenant_0000000$(printf %x 7)000040008000000000000000"
printf '{"id": "%s", "display_name": "JSON"}\n\n' "$TENANT_A" | runs_from 0 pgc tenant add --from -
echo "[{\"id\": \"$TENANT_B\"}, {\"id\": \"$TENANT_C\", \"display_name\": null}]" | runs_from 0 pgc tenant add --from -
runs 3 pgc --format json tenant add --from "$WORK/tenants.csv" --workers 2
/usr/bin/python3 "$(dirname "$0")/report_schema.py" "$SOURCE_ROOT/doc/report.schema.json" "$OUT" || fail "the report keeps its schema"
equals "one failed alone" "['$((count - 1)) added, 0 unchanged, 1 failed']" "$(json "r['notes']")"
equals "names are as they were given" 'Tenant "2", Ltd' \
  "$(sql "SELECT display_name FROM pgcontract.tenant WHERE id = '00000002-0000-4000-8000-000000000000'")"
sql "DROP ROLE app_tenant_00000007000040008000000000000000"
runs 0 pgc tenant add --from "$WORK/tenants.csv" --workers 2
says "1 added, $((count - 1)) unchanged, 0 failed"
runs 0 pgc tenant add --from "$WORK/tenants.csv"
says "0 added, $count unchanged, 0 failed"
runs 0 pgc verify
ok "of $count tenants one fails alone; run again, the rest is added, and then nothing is left to do"

# Foreign names the server itself refuses: one transaction's failure is that tenant's.
cut -d, -f1 "$WORK/tenants.csv" >"$WORK/ids.csv"
sql "CREATE VIEW stratmaster_telemetry.peek AS SELECT * FROM tenant_00000009000040008000000000000000.research_projects"
runs 3 pgc tenant delete --from "$WORK/ids.csv" --yes --workers 2
says "00000009-0000-4000-8000-000000000000" "stratmaster_telemetry.peek"
equals "all the others are gone" 4 "$(sql "SELECT count(*) FROM pgcontract.tenant WHERE state <> 'deleted'")"
equals "the refused one was not touched" active \
  "$(sql "SELECT state FROM pgcontract.tenant WHERE id = '00000009-0000-4000-8000-000000000000'")"
sql "DROP VIEW stratmaster_telemetry.peek"
runs 0 pgc tenant delete --from "$WORK/ids.csv" --yes
equals "each has its tombstone" "$count" "$(wc -l <"$HOME_DIR/tombstones.jsonl")"
equals "each absence is proved" "$count" "$(sql "SELECT count(DISTINCT subject) FROM pgcontract.evidence WHERE kind = 'tenant_absent'")"
runs 0 pgc verify
ok "of $count tenants deleted, one that is refused stays alone, and goes once nothing depends on it"
done_testing
