#!/bin/sh
#
# matrix.sh - the matrix of plants as a whole, and the baseline made of it: each plant twenty
# times under every contract, with a limit that lets the rare ones be caught.
#
# Prints the matrix and compares it with baselines/plants.json; the new one is left in
# $BUILD/long/plants.json, to be committed where a change is meant. An hour or so.

set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
CC=${CC:-gcc}
export BUILD JOBS CC

sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
mkdir -p "$BUILD/long"
contracts='--contract posix_worst --contract ext4_writeback --contract ext4_ordered
    --contract xfs --contract btrfs --contract sequential'

"$simulator" plants --matrix --tries 20 --limit 3000 --jobs "$JOBS" $contracts --json \
    --out "$BUILD/long/plants.json" --baseline baselines/plants.json
"$simulator" plants --without all --limit 3000 --jobs "$JOBS"
echo "$BUILD/long/plants.json"
