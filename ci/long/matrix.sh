#!/bin/sh
#
# matrix.sh [PLANT...] - the matrix of plants, and the baseline made of it: each plant twenty
# times under every contract, with a limit that lets the rare ones be caught.
#
# With names only the rows of these are made anew; the others stay as they are. Prints the
# matrix, compares it with baselines/plants.json, and leaves the new one in
# $BUILD/long/plants.json, to be committed where a change is meant, and as a page beside it.
# The whole takes eleven minutes of processor time. Without names it then switches off each
# oracle in turn: an hour or so.

set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
CC=${CC:-gcc}
export BUILD JOBS CC

sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
mkdir -p "$BUILD/long"
new=$BUILD/long/plants.json

"$simulator" plants --matrix --tries 20 --limit 3000 --jobs "$JOBS" --json --out "$new.rows" \
    --baseline baselines/plants.json "$@"

# The rows in the order of the program; those that were not made anew are the old ones.
plants=$("$simulator" describe | awk '/^[a-z]/ { is = $0 == "plants" } is && /^ / { print $1 }')
{
    sed -n '/^{"schema"/p' "$new.rows"
    for plant in $plants; do
        grep -h "^{\"plant\":\"$plant\"" "$new.rows" baselines/plants.json | head -n 1
    done | sed 's/,*$/,/; $ s/,$//'
    echo ']}'
} >"$new"
rm "$new.rows"
"$simulator" report "$new" -o "$BUILD/long/plants.html"
echo "$new, $BUILD/long/plants.html"
[ $# -eq 0 ] || exit 0

"$simulator" plants --without all --limit 3000 --jobs "$JOBS"
