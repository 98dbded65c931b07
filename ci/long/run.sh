#!/bin/sh
#
# run.sh NAME [WORD...] - runs ci/long/NAME.sh, and writes down what came of it.
#
# ci/long/results/NAME.txt has of the last run: when, of which commit, on what machine, how long
# by the clock and by all processors, the verdict and the last line that was printed. It is
# committed, so that a reader sees what was run, and since which commit nobody has run it again.
# The whole output stays in BUILD/long/NAME.log.

set -eu
cd "$(dirname "$0")/../.."
. ci/build/common.sh

BUILD=${BUILD:-build}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
CC=${CC:-gcc}
export BUILD JOBS CC
known=$(ls ci/long/*.sh | sed 's|.*/||; s|\.sh$||' | grep -v '^run$' | tr '\n' ' ')
[ $# -gt 0 ] || die "long: name a script; there are: $known"
name=$1
shift
[ -f "ci/long/$name.sh" ] && [ "$name" != run ] ||
    die "long: no script '$name'; there are: $known"
log=$BUILD/long/$name.log
mkdir -p "$BUILD/long" ci/long/results

# commit: what is run; with changes of one's own it is no commit's result.
commit() {
    git rev-parse --short HEAD 2>/dev/null || { echo 'no repository' && return; }
    git diff --quiet HEAD -- . ':!ci/long/results' || echo 'with changes'
}

memory_gib() {
    awk '/^MemTotal:/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo
}

tested=$(commit | tr '\n' ' ')
began=$(date +%s)
status=0
sh "ci/long/$name.sh" "$@" >"$log" 2>&1 || status=$?
times >"$log.times"
processor=$(awk 'NR == 2 { gsub(/[ms]/, " "); printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }' \
    "$log.times")
{
    echo "run      $name${*:+ $*}"
    echo "verdict  $([ "$status" -eq 0 ] && echo held || echo "broken, status $status")"
    echo "said     $(tail -n 1 "$log")"
    echo "date     $(date -u +%Y-%m-%d)"
    echo "commit   $tested"
    echo "machine  $(uname -m), $(getconf _NPROCESSORS_ONLN) processors, $(memory_gib) GiB"
    echo "took     $(($(date +%s) - began)) s, $processor s of processor time"
} | sed 's/ *$//' >"ci/long/results/$name.txt"
cat "ci/long/results/$name.txt"
exit "$status"
