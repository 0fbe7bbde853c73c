#!/usr/bin/env bash
# A drill end to end: a backup restored apart from everything, replayed, proved, written down.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/drill_lib.sh"
up_and_apply "$TENANT_A" "$TENANT_B"
archive_by_copy
BACKUP=$(foreign_backup)
sql "CREATE TABLE public.kept (id int PRIMARY KEY); INSERT INTO public.kept SELECT generate_series(1, 1000)"
switch_wal
runs 0 pgc drill run --target latest "${store[@]}"
cat "$OUT"
done_testing
