#!/usr/bin/env bash
# Measures the 100-invoice query of the README: the gateway against three floors, in one run.
#
#   benches/load/run.sh [rounds] [seconds per measurement]
#
# Needs wrk and taskset (Debian: apt-get install -y wrk util-linux) and two cores: servers on the first,
# load on the second. A machine shared with others is noisy, so measurements are interleaved and each
# ratio is taken within its round; what is printed last are medians. CPU time moves less than
# requests per second.
#
# GATEWAY="target/release/invoice-gateway demo" measures that program in place of the gateway over an
# invented book in memory; it must listen on $LISTEN_ADDR. PROFILE=dist measures what is shipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=${1:-5}
seconds=${2:-4}
profile=${PROFILE:-release}
for tool in wrk taskset awk; do
  command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing (apt-get install -y wrk util-linux)" >&2; exit 2; }
done

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

# The path of a bench program, built.
built() {
  cargo build --quiet --profile "$profile" --bench "$1" --message-format=json |
    sed -n 's/.*"executable":"\([^"]*'"$1"'[^"]*\)".*/\1/p' | tail -1
}

echo "building ($profile) ..."
gateway=${GATEWAY:-$(built load_gateway) 127.0.0.1:9180}
floors=$(built load_floors)

declare -A port=([gateway]=9180 [bytes]=9181 [serde]=9182 [async-graphql]=9183)
declare -A pid

await() {
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "run.sh: nothing listens on port $1" >&2
  exit 1
}

# shellcheck disable=SC2086 # a command with its arguments
LISTEN_ADDR=127.0.0.1:9180 taskset -c 0 $gateway >"$work/gateway.log" 2>&1 &
pid[gateway]=$!
pids+=("$!")
await 9180
for kind in bytes serde async-graphql; do
  for attempt in 1 2 3 4 5; do
    taskset -c 0 "$floors" "$kind" "127.0.0.1:${port[$kind]}" 127.0.0.1:9180 >"$work/$kind.log" 2>&1 &
    pid[$kind]=$!
    sleep 0.5
    if kill -0 "${pid[$kind]}" 2>/dev/null; then break; fi
    [ "$attempt" = 5 ] && { cat "$work/$kind.log" >&2; exit 1; }
    sleep 1
  done
  pids+=("${pid[$kind]}")
  await "${port[$kind]}"
done
bytes=$(wc -c < <(curl -s -H 'content-type: application/json' -d @benches/load/query.json http://127.0.0.1:9181/graphql))
echo "answer: $bytes bytes; $rounds rounds of $seconds s; $(uname -m), $(nproc) cores"

tick=$(getconf CLK_TCK)
cpu_ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# measure ROUND SERVER MODE [ACCEPT-ENCODING]
measure() {
  local server=$2 mode=$3 before after line name=$2/$3${4:+/$4}
  before=$(cpu_ticks "${pid[$server]}")
  line=$(taskset -c 1 wrk -t1 -c16 -d"${seconds}s" -s benches/load/wrk.lua \
    "http://127.0.0.1:${port[$server]}/graphql" -- "$mode" ${4:+"$4"} | grep '^RESULT')
  after=$(cpu_ticks "${pid[$server]}")
  echo "$line" | awk -v round="$1" -v name="$name" -v ticks=$((after - before)) -v hz="$tick" '{
    printf "%s %s %.0f %.2f %d %.2f\n", round, name, $2 * 1e6 / $3, ticks * 1e6 / hz / $2, $4, $5 / 1000 }' |
    tee -a "$work/results" |
    awk '{ printf "  round %s  %-28s %8s requests/s  %8s us CPU  p99 %s ms%s\n", $1, $2, $3, $4, $6, $5 ? "  NOT 200: " $5 : "" }'
}

measure 0 bytes same >/dev/null
for round in $(seq "$rounds"); do
  for server in bytes gateway serde async-graphql; do measure "$round" "$server" same; done
  measure "$round" gateway same gzip
  for mode in variables texts; do
    for server in gateway async-graphql; do measure "$round" "$server" "$mode"; done
  done
done

echo
awk '
  $1 > 0 { rate[$2, $1] = $3; cpu[$2, $1] = $4; names[$2] = 1; bad[$2] += $5; rounds = $1 }
  function median(of, count,   i, j, t) {
    for (i = 2; i <= count; i++) for (j = i; j > 1 && of[j - 1] > of[j]; j--) { t = of[j]; of[j] = of[j - 1]; of[j - 1] = t }
    return count % 2 ? of[(count + 1) / 2] : (of[count / 2] + of[count / 2 + 1]) / 2
  }
  function of_rate(name,   v, r) { for (r = 1; r <= rounds; r++) v[r] = rate[name, r]; return median(v, rounds) }
  function of_cpu(name,   v, r) { for (r = 1; r <= rounds; r++) v[r] = cpu[name, r]; return median(v, rounds) }
  function ratio(a, b,   v, r) { for (r = 1; r <= rounds; r++) v[r] = rate[a, r] / rate[b, r]; return median(v, rounds) }
  function less(a, b,   v, r) { for (r = 1; r <= rounds; r++) v[r] = cpu[b, r] / cpu[a, r]; return median(v, rounds) }
  function show(what, a, b, aim) {
    printf "%-52s %6.2f of its requests/s, %6.2f by CPU%s\n", what, ratio(a, b), less(a, b), aim ? "  (aim: " aim ")" : ""
  }
  END {
    print "medians"
    split("bytes/same serde/same gateway/same gateway/same/gzip async-graphql/same gateway/variables async-graphql/variables gateway/texts async-graphql/texts", order, " ")
    for (i = 1; i in order; i++) {
      printf "  %-28s %8.0f requests/s  %8.2f us CPU a request%s\n", order[i], of_rate(order[i]), of_cpu(order[i]), bad[order[i]] ? "  NOT 200: " bad[order[i]] : ""
    }
    print ""
    show("repeated: gateway to a handler of the same bytes", "gateway/same", "bytes/same", "0.70")
    show("repeated, gzip: the same", "gateway/same/gzip", "bytes/same")
    show("other variables: gateway to async-graphql", "gateway/variables", "async-graphql/variables", "1.00")
    show("other texts: gateway to async-graphql", "gateway/texts", "async-graphql/texts", "1.00")
    show("other variables: gateway to axum with serde_json", "gateway/variables", "serde/same")
    show("other texts: gateway to axum with serde_json", "gateway/texts", "serde/same")
  }' "$work/results"
echo
echo "peak resident memory"
for server in gateway bytes serde async-graphql; do
  awk -v name="$server" '/^VmHWM/ { printf "  %-28s %8.1f MiB\n", name, $2 / 1024 }' "/proc/${pid[$server]}/status"
done
if grep -qE '^[1-9][0-9]* \S+ \S+ \S+ [1-9]' "$work/results"; then
  echo "some requests were not answered with 200: the figures are void" >&2
  exit 1
fi
