#!/bin/sh
# Builds the console again, in a folder of its own and with exactly the locked packages, and fails when a byte
# differs from the committed console/dist. Needs Node.js 20.19 or later; touches nothing in the repository.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

cd "$here"
cp -R .npmrc build examples index.html package-lock.json package.json src vite.config.js "$work"
cd "$work"
npm ci --no-audit --ignore-scripts
npm run build

if ! diff -r "$work/dist" "$here/dist"; then
    echo "console/dist is not what console/ builds: run 'npm ci && npm run build' in console/ and commit." >&2
    exit 1
fi
echo "console/dist is what console/ builds."
