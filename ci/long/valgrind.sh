#!/bin/sh
#
# valgrind.sh [TEST...] - every unit test, or those named, and one run of every scenario, under
# valgrind: no byte is used that nobody wrote, none outside of what was asked for, and what a
# test asks for it gives back, though each allocation and each call fails in its turn.
#
# CI does it to the tool and to a few scenarios (ci/steps/memcheck.sh). The tests are built
# without sanitisers, which cannot share a process with valgrind, but with all assertions; one
# that takes a second takes half a minute here. $BUILD/log/valgrind has a line of each. Half an
# hour of processor time.

set -eu
. ci/build/common.sh

need valgrind valgrind
export BUILD="${BUILD:-build}/valgrind-all" CC="${CC:-gcc}" JOBS="${JOBS:-2}"
export ONLY="$*" POINTS="$BUILD/log/points"
export CFLAGS='-fno-sanitize=all' LDFLAGS='-fno-sanitize=all'
# A test may have megabytes on its stack, which valgrind would take for another stack.
export RUN_LIMIT=7200 RUN_UNDER='valgrind -q --error-exitcode=99 --max-stackframe=16777216
    --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite'
mkdir -p "$BUILD/log"
sh ci/steps/unit.sh >"$BUILD/log/valgrind" || {
    cat "$BUILD/log/valgrind"
    die 'valgrind: a test is not clean'
}
tests=$(tail -n 1 "$BUILD/log/valgrind")

# One seed meets few of the expectations over sets, so status 1 is no failure; what broke is.
sh ci/build/make.sh sim
status=0
$RUN_UNDER "$BUILD/bin/holdfast-sim-release" run --seeds 1..1 --jobs 1 --doubled 0/1 \
    scenarios/ >"$BUILD/log/scenarios" || status=$?
tail -n 1 "$BUILD/log/scenarios"
[ "$status" -le 1 ] && grep -q ', 0 broke, ' "$BUILD/log/scenarios" ||
    die "valgrind: status $status: $BUILD/log/scenarios"
echo "$tests and all scenarios, without an error"
