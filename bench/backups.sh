# Sourced by bench/run: the row `base`, base backups and restores against pgBackRest and pg_basebackup.
# shellcheck shell=bash disable=SC2154 # work, program, programs, contract, fastest, median, memory, cpu: of bench/run

# server COMMAND…: as the user that the server runs as; the rivals refuse root or a folder that is not theirs.
server() { if [[ $(id -u) = 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi; }

# of_folder DIRECTORY: its bytes on the disk, in MB.
of_folder() { du -sm --apparent-size "$1" | cut -f1; }

# pgbackrest_stanza NAME [OPTION=VALUE…]: one repository of its own, as its documentation recommends for speed.
pgbackrest_stanza() {
  local name=$1 data=$work/stratmaster/.pgcontract/local/data
  shift
  mkdir -p "$work/rest/$name/log"
  {
    printf '[global]\nrepo1-path=%s\nlog-path=%s\nlock-path=%s\nspool-path=%s\n' "$work/rest/$name/repo" \
      "$work/rest/$name/log" "$work/rest/$name/lock" "$work/rest/$name/spool"
    printf 'process-max=2\ncompress-type=zst\nstart-fast=y\nlog-level-console=error\nrepo1-retention-full=9\n'
    printf '%s\n' "$@"
    printf '[%s]\npg1-path=%s\npg1-port=%s\npg1-socket-path=%s\npg1-user=postgres\n' "$name" "$data" "$(port)" "$(sockets)"
  } >"$work/rest/$name/pgbackrest.conf"
  chown -R postgres "$work/rest" 2>/dev/null || true
}
pgbackrest_of() { server pgbackrest --config="$work/rest/$1/pgbackrest.conf" --stanza="$1" "${@:2}"; }
port() { sed -n 's/^port = //p' "$work/stratmaster/.pgcontract/local/data/pgcontract.conf"; }
sockets() { sed -n "s/^unix_socket_directories = '\\(.*\\)'/\\1/p" "$work/stratmaster/.pgcontract/local/data/pgcontract.conf"; }

# against NAME: what is in the cluster now, by each program, into a folder of this machine.
backups_of() {
  local name=$1 data=$work/stratmaster/.pgcontract/local/data files ours ours_raw rival ratio segment first
  files=$(find "$data" -type f | wc -l)
  note "$name: $files files, $(of_folder "$data/base") MB"
  sql -c CHECKPOINT
  rm -rf "$work/ours" "$work/rest"
  # 1: taken, and its WAL is in no archive, which the rivals are told not to look at either.
  measured 3 bash -c '"$@" || [[ $? = 1 ]]' _ "$program" --contract "$contract" --quiet backup base --store "file://$work/ours" --wait 0
  # The WAL that the last backup needs, which is archived by hand here.
  first=$(pgc --format json backup list --store "file://$work/ours" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["tables"]["backups"][-1]["name"][5:])')
  for segment in "$work"/stratmaster/.pgcontract/local/data/pg_wal/????????????????????????; do
    [[ ${segment##*/} < $first ]] || pgc backup wal-push "$segment" --store "file://$work/ours" >/dev/null 2>&1 || true
  done
  ours=$median ours_raw="$fastest to $p95 s, CPU $cpu s, $memory MB memory, $(of_folder "$work/ours") MB in 3 backups"
  for bundle in n y; do
    pgbackrest_stanza "bundle_$bundle"
    [[ $bundle = n ]] || sed -i 's/^process-max/repo1-bundle=y\nprocess-max/' "$work/rest/bundle_y/pgbackrest.conf"
    PGPASSWORD=$(password) pgbackrest_of "bundle_$bundle" --no-online stanza-create >/dev/null
    measured 3 env PGPASSWORD="$(password)" runuser -u postgres -- pgbackrest --config="$work/rest/bundle_$bundle/pgbackrest.conf" \
      --stanza="bundle_$bundle" --type=full --no-archive-check --no-resume backup
    local stored
    stored=$(of_folder "$work/rest/bundle_$bundle/repo")
    rival=$median ratio=$(calculated "$rival / $ours")
    row "base backup, $name" "$ours s" "$rival s" "${ratio}x" \
      "$ours_raw; pgbackrest bundle=$bundle $fastest to $p95 s, CPU $cpu s, $memory MB, $stored MB in 3"
    [[ $bundle = n ]] || target "a base backup of $name faster than pgBackRest with bundling" "$ratio >= 1"
  done
  rm -rf "$work/plain"
  server mkdir -p "$work/plain" 2>/dev/null || mkdir -p "$work/plain"
  PGPASSWORD=$(password) measured 1 "$programs/pg_basebackup" -h 127.0.0.1 -p "$(port)" -U postgres -D "$work/plain/x" -Ft \
    -c fast -X none --compress=client-zstd:1
  row "base backup, $name" "$ours s" "$median s" "$(calculated "$median / $ours")x" "pg_basebackup -Ft, zstd at the client"
  restores_of "$name"
}

restores_of() {
  local name=$1 ours raw
  rm -rf "$work/back"
  measured 1 "$program" --contract "$contract" --quiet restore run --store "file://$work/ours" --to "$work/back" --yes
  ours=$fastest raw="CPU $cpu s, $memory MB"
  rm -rf "$work/back"
  mkdir "$work/back"
  chown postgres "$work/back" 2>/dev/null || true
  measured 1 runuser -u postgres -- pgbackrest --config="$work/rest/bundle_y/pgbackrest.conf" --stanza=bundle_y \
    --pg1-path="$work/back" --archive-mode=off restore
  row "restore, $name" "$ours s" "$fastest s" "$(calculated "$fastest / $ours")x" "$raw; pgbackrest CPU $cpu s, $memory MB"
  target "a restore of $name faster than pgBackRest" "$fastest / $ours >= 1"
  rm -rf "$work/back"
}
password() { cat "$work/stratmaster/.pgcontract/local/password"; }

# The limit: the same files read and compressed by the zstd command on two cores, into nothing.
limit_of() {
  local data=$work/stratmaster/.pgcontract/local/data
  measured 3 bash -c "find '$data/base' -type f -print0 | xargs -0 cat | zstd -1 -T2 -q -c >/dev/null"
  row "reading and zstd -1 -T2 alone" "$median s" - - "$fastest to $p95 s"
}

row_base() {
  local scale=${PGC_BENCH_SCALE:-68}
  # Archiving would take processor time from whoever is measured.
  sql -c "ALTER SYSTEM SET archive_mode = off"
  pgc down >/dev/null
  pgc up >/dev/null
  note "filling a gigabyte (pgbench -s $scale)"
  PGPASSWORD=$(password) "$programs/pgbench" -i -q -s "$scale" -h 127.0.0.1 -p "$(port)" -U postgres stratmaster >/dev/null 2>&1
  limit_of
  backups_of "1 GB"
  sql -c "DROP TABLE pgbench_accounts, pgbench_branches, pgbench_tellers, pgbench_history"
  note "200 schemas x 50 tables"
  sql -c "DO \$\$ BEGIN FOR s IN 1..200 LOOP EXECUTE 'CREATE SCHEMA many_' || s; FOR t IN 1..50 LOOP EXECUTE
    'CREATE TABLE many_' || s || '.t' || t || ' (id int PRIMARY KEY, body text)'; END LOOP; COMMIT; END LOOP; END \$\$" \
    -c "DO \$\$ BEGIN FOR s IN 1..200 LOOP FOR t IN 1..50 LOOP EXECUTE 'INSERT INTO many_' || s || '.t' || t ||
    ' SELECT i, repeat(''x'', 100) FROM generate_series(1, 50) AS i'; END LOOP; COMMIT; END LOOP; END \$\$" -c CHECKPOINT
  backups_of "41,000 files"
}
