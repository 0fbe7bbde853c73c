#!/usr/bin/env bash
# Servers that cannot be reached, refuse, or must not be trusted with a secret: a clear error, and no password anywhere.
PROGRAM=$1
source "$(dirname "$0")/lib.sh"

runs 4 pgc --env ci verify
says "DATABASE_URL is not set" "export DATABASE_URL="
DATABASE_URL='' runs 4 pgc --env ci verify
says "DATABASE_URL is empty"
DATABASE_URL='not a dsn with pa55word-inside' runs 4 pgc --env ci verify
hides pa55word-inside
runs 4 pgc --env prodution verify
says "Did you mean production?"
runs 4 pgc --env production verify
says "/run/secrets/postgres-dsn"
ok "a missing, empty or malformed DSN and a misspelt environment are told apart"

closed=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
DATABASE_URL=postgresql://u:pa55word@127.0.0.1:$closed/d runs 4 pgc --env ci verify
says "Connection refused" "hint"
hides pa55word
DATABASE_URL=postgresql://u:pa55word@no-such-host.invalid/d runs 4 pgc --env ci verify
says "could not translate host name"
hides pa55word
DATABASE_URL="postgresql:///d?host=/nonexistent" runs 4 pgc --env ci apply
says "No such file"
ok "an unreachable server is an error with a hint, and the password is not in it"

up
address=127.0.0.1:$(port)/stratmaster
DATABASE_URL=postgresql://postgres:pa55word@$address runs 4 pgc --env ci --format json verify
equals "a wrong password is told by its code" "refused 28P01" "$(json 'r["error"]["code"] + " " + r["error"]["sqlstate"]')"
says "password"
hides pa55word
DATABASE_URL=postgresql://postgres@$address runs 4 pgc --env ci verify
says "no password supplied"
DATABASE_URL="$(dsn)?sslmode=require" runs 4 pgc --env ci verify
says "TLS" "sslmode"
hides "$(password)"
DATABASE_URL="$(dsn | sed 's/stratmaster$/nowhere/')" runs 4 pgc --env ci verify
says "does not exist"
hides "$(password)"
ok "a wrong password, refused TLS and a missing database are told apart, without the password"

printf '%s\n' "$(dsn)" >"$WORK/dsn"
chmod 644 "$WORK/dsn"
sed -i "s|file:/run/secrets/postgres-dsn, managed: true, production: true|file:$WORK/dsn|" "$CONTRACT"
runs 4 pgc --env production verify
says "chmod 600"
chmod 600 "$WORK/dsn"
runs 1 pgc --env production verify
cp "$HOME_DIR/contract.first.yaml" "$CONTRACT"
ok "a DSN file that others may read is refused"

# A marker for a password, and everything that it could end up in while the cluster is made whole: our output in every
# format, the arguments of every process, the environment of every process but ours, where the user put it, the journal.
secret=MarkerPa55wordQz
sql "CREATE ROLE deployer LOGIN SUPERUSER PASSWORD '$secret'"
export DATABASE_URL=postgresql://deployer:$secret@$address
export STAGING_DATABASE_URL=postgresql://other:$secret@127.0.0.1:1/d # a DSN of another environment is no business of children
cat >"$WORK/watch.py" <<'PYTHON'
import glob, os, sys
secret, stop, here, program, found = sys.argv[1].encode(), *sys.argv[2:5], set()
ours, seen = os.getpid(), set()
while not os.path.exists(stop):
    for folder in glob.glob("/proc/[0-9]*"):
        pid = int(folder[6:])
        try:
            name = open(folder + "/comm", errors="replace").read().strip()
            arguments = open(folder + "/cmdline", "rb").read()
            environment = open(folder + "/environ", "rb").read()
            child = os.readlink(folder + "/cwd").startswith(here) and name != program
        except OSError:
            continue
        if child:
            seen.add(name)
        if pid != ours and secret in arguments:
            found.add(f"arguments of {name}")
        if child and name not in ("bash", "sh") and secret in environment:
            found.add(f"environment of {name}")
print(sorted(seen), file=sys.stderr)
print("\n".join(sorted(found)))
PYTHON
env -u DATABASE_URL -u STAGING_DATABASE_URL /usr/bin/python3 "$WORK/watch.py" "$secret" "$WORK/stop" "$HOME_DIR" \
  "$(basename "$PROGRAM" | cut -c1-15)" >"$WORK/found" 2>"$WORK/seen" &
watcher=$!
STARTED+=("$watcher")
runs 0 pgc --env ci --verbose apply
cat "$OUT" "$ERR" >>"$WORK/all"
for tenant in "$TENANT_A" "$TENANT_B"; do
  runs 0 pgc --env ci --format json tenant add "$tenant"
  cat "$OUT" "$ERR" >>"$WORK/all"
done
for command in status verify plan "tenant list" "psql -- -XAtc 'SELECT 1'"; do
  for format in text json junit sarif markdown; do
    CODE=0
    eval "pgc --env ci --format $format $command" >>"$WORK/all" 2>&1 </dev/null || CODE=$?
  done
done
touch "$WORK/stop"
wait "$watcher" || fail "the watcher ended well: $(cat "$WORK/seen")"
sed -i '/^arguments of python3$/d' "$WORK/found" # the watcher itself, told what to look for
equals "no process but pgcontract's own holds the password" "" "$(cat "$WORK/found")"
grep -q "alembic\|python" "$WORK/seen" || fail "the watcher saw children at work ($(cat "$WORK/seen"))"
! grep -qF "$secret" "$WORK/all" || fail "no output holds the password"
equals "the ledger does not hold the password" 0 "$(sql "SELECT count(*) FROM pgcontract.evidence e, pgcontract.job j,
  pgcontract.job_step s WHERE e::text LIKE '%$secret%' OR j::text LIKE '%$secret%' OR s::text LIKE '%$secret%'")"
! grep -rqF "$secret" "$HOME_DIR" --include='*' --exclude-dir=.pgcontract || fail "no file beside the contract holds it"
ok "a password in the DSN reaches no output, no arguments, no child's environment and no file"

done_testing
