#!/bin/sh
# Holds a gateway against the audits of `graphql-http`: run.sh [BINARY]. Starts the demo on a free port, installs the
# locked packages in a folder of its own and touches nothing in the repository. Needs Node.js 20.19 or later.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
binary=${1:-$here/../../target/debug/invoice-gateway}
work=$(mktemp -d)
gateway=
stop() {
    [ -z "$gateway" ] || kill "$gateway" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

cp "$here/.npmrc" "$here/audit.mjs" "$here/package.json" "$here/package-lock.json" "$work"
(cd "$work" && npm ci --no-audit --ignore-scripts --loglevel=error)

LISTEN_ADDR=127.0.0.1:0 "$binary" demo --invoices 20 --change-seconds 0 2>"$work/log" &
gateway=$!
seconds=0
until url=$(grep -o 'http://[^ ]*/graphiql' "$work/log"); do
    seconds=$((seconds + 1))
    if [ "$seconds" -gt 60 ] || ! kill -0 "$gateway" 2>/dev/null; then
        cat "$work/log" >&2
        exit 1
    fi
    sleep 1
done
cd "$work" && node audit.mjs "${url%/graphiql}/graphql"
