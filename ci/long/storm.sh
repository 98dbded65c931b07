#!/bin/sh
#
# storm.sh [RUNS] - with all plants off nothing fails: a million runs (the default) over all
# scenarios, a share of them twice. Hours on one core; the time goes down with the cores.
#
# Each scenario gets as many seeds as make up RUNS together, and never less than its own range.
# The results are left in $BUILD/long, as lines and as a page.

set -eu
cd "$(dirname "$0")/../.."
. ci/build/common.sh
BUILD=${BUILD:-build}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
CC=${CC:-gcc}
export BUILD JOBS CC

sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
runs=${1:-1000000}
scenarios=$(find scenarios -name '*.scn' | wc -l)
d=$BUILD/long
mkdir -p "$d"

"$simulator" run --jobs "$JOBS" --json --progress --out "$d/ranges.jsonl" scenarios/
"$simulator" run --jobs "$JOBS" --seeds "1..$((runs / scenarios + 1))" --json --progress \
    --out "$d/storm.jsonl" scenarios/ || broke=$?
"$simulator" report "$d/storm.jsonl" -o "$d/storm.html"
tail -n 1 "$d/storm.jsonl"
echo "$d/storm.html"
exit "${broke:-0}"
