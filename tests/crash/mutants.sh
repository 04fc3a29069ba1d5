#!/usr/bin/env bash
# Shows that the crash check can fail: takes one safeguard out of a copy of the sources, plays schedules,
# and expects a violation. For each patch in mutants/, or for those named. By hand: each one is built.
#
#   tests/crash/mutants.sh [NAME…]
#
# The variables of the check apply, CRASH_SCHEDULES=500 unless set; CARGO_FLAGS=--release builds that way.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export CRASH_SCHEDULES="${CRASH_SCHEDULES:-500}" CRASH_VIOLATIONS="${CRASH_VIOLATIONS:-1}"
# Dependencies are not built again for each copy.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}"
flags=(--locked --quiet ${CARGO_FLAGS:-} --test crash)
names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd tests/crash/mutants && ls -- *.patch | sed 's/\.patch$//'))

missed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/copy"
git ls-files -z | xargs -0 cp --parents -t "$scratch/copy"
cd "$scratch/copy"
for name in "${names[@]}"; do
  change="$root/tests/crash/mutants/$name.patch"
  if ! patch -p1 --quiet --dry-run < "$change" > /dev/null; then
    echo "$name: the patch does not fit any more"; missed=1
    continue
  fi
  patch -p1 --quiet < "$change"
  if ! cargo test "${flags[@]}" --no-run 2> "$scratch/build"; then
    echo "$name: does not build"; tail -n 20 "$scratch/build"; missed=1
  elif cargo test "${flags[@]}" > "$scratch/out" 2> /dev/null; then
    echo "$name: NOT found in $CRASH_SCHEDULES schedules"; missed=1
  else
    played=$(sed -n 's/^\([0-9]*\) schedules in \([0-9]*\) s$/\1 schedules, \2 s/p' "$scratch/out")
    echo "$name: found after $played"
    grep '^VIOLATION' "$scratch/out" | cut -c1-200 | sort -u | head -n 4 | sed 's/^/    /'
  fi
  patch -p1 --quiet --reverse < "$change"
done
exit $missed
