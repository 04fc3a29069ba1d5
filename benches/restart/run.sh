#!/usr/bin/env bash
# Measures a restart after kill -9: how long after its start the service is ready and serves the whole book again.
#
#   benches/restart/run.sh [invoices] [rounds]
#
# Reads the invoices once from the simulator into an SQLite file, then kills the service in the middle of load and of a
# look at both upstreams, each round anew. GATEWAY and SIMULATOR name programs that are built already. Needs curl.
# Times are seconds from starting the process: until /readyz answers 200, and until a query counts every invoice. The floor
# beside them, of the same round, is reading the file and touching as much memory as the service holds: where others use
# the machine, memory costs several times as much, and so does every start. Look at the processor time, too.
set -euo pipefail
cd "$(dirname "$0")/../.."

invoices=${1:-100000}
rounds=${2:-10}
gateway=${GATEWAY:-target/release/invoice-gateway}
simulator=${SIMULATOR:-target/release/upstream-simulator}
if [ -z "${GATEWAY:-}" ]; then cargo build --quiet --release --locked --workspace --bins; fi

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

export LISTEN_ADDR=127.0.0.1:9190 DATABASE_URL="sqlite:$work/gateway.db" LOG=warn REFRESH_WAIT_SECONDS=900
export PSOHUB_BASE_URL=http://127.0.0.1:9191 PSOHUB_ACCESS_TOKEN=psohub-simulator-token
export BEXIO_BASE_URL=http://127.0.0.1:9192 BEXIO_ACCESS_TOKEN=bexio-simulator-token
url=http://$LISTEN_ADDR

"$simulator" --invoices "$invoices" --pdf-kib 0 --live-seconds 0 --psohub-listen 127.0.0.1:9191 \
  --bexio-listen 127.0.0.1:9192 --control-listen 127.0.0.1:9193 >"$work/simulator.log" 2>&1 &
pids+=("$!")
until grep -qs PSOHUB_ACCESS_TOKEN "$work/simulator.log"; do sleep 0.2; done
# shellcheck disable=SC1090 # what the simulator says of itself
source <(sed -n 's/^\(export \)\?\([A-Z_]*=.*\)$/export \2/p' "$work/simulator.log")

now() { date +%s%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.3f", (to - from) / 1e9 }'; }
start() {
  "$gateway" serve --no-auth >>"$work/gateway.log" 2>&1 &
  pid=$!
  pids+=("$pid")
}
count() {
  curl -s -m 900 "$url/graphql" -H 'content-type: application/json' -d "{\"query\":\"{ invoices$1 { totalCount } }\"}" |
    sed -n 's/.*"totalCount":\([0-9]*\).*/\1/p'
}
until_ready() { until curl -fs -m 5 "$url/readyz" >/dev/null; do sleep 0.005; done; }

echo "reading $invoices invoices for the first time ..."
start
until_ready
until [ "$(count '(maxAgeSeconds: 0)')" = "$invoices" ]; do sleep 1; done
sleep 5

ready=() whole=() cpu=() floor=()
ticks=$(getconf CLK_TCK)
for _ in $(seq "$rounds"); do
  for _ in 1 2 3 4; do
    (while curl -s "$url/graphql" -H 'content-type: application/json' \
      -d '{"query":"{ invoices(first: 100) { nodes { number customer { name } } } }"}' >/dev/null; do :; done) &
    pids+=("$!")
  done
  (count '(maxAgeSeconds: 0)' >/dev/null || true) &
  sleep 1
  kill -9 "$pid"
  wait "$pid" 2>/dev/null || true
  began=$(now)
  start
  until_ready
  ready+=("$(since "$began")")
  until [ "$(count '')" = "$invoices" ]; do sleep 0.005; done
  whole+=("$(since "$began")")
  held=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status")
  began=$(now)
  dd if="$work/gateway.db" of=/dev/null bs=1M status=none
  dd if=/dev/zero of=/dev/null bs="${held}K" count=1 status=none
  floor+=("$(since "$began")")
  cpu+=("$(awk -v ticks="$ticks" '{ sub(/.*\) /, ""); printf "%.2f", ($12 + $13) / ticks }' "/proc/$pid/stat")")
done

median() { printf '%s\n' "$@" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)], "(worst", a[NR] ")" }'; }
echo "ready after: $(median "${ready[@]}") s"
echo "whole book after: $(median "${whole[@]}") s"
echo "floor: $(median "${floor[@]}") s for ${held} kB"
echo "processor time by then: $(median "${cpu[@]}") s"
