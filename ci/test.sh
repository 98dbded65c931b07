#!/bin/sh
#
# test.sh [STEP...] - runs the steps of ci/steps/, all of them or those named, one after the
# other, and ends with a line `N passed, N failed`.
#
# A step is a script that is run from the root of the tree. Status 0: passed. 77: skipped, and
# its last line says why. Anything else: failed, and all it printed is shown. What it counts
# beyond itself (the points of the unit tests) it writes into the file $POINTS as two numbers,
# passed and failed. Its whole output stays in $BUILD/log/STEP.

set -u
. ci/build/common.sh

# In this order: the cheap first, and what explains a failure before what only shows it.
ALL='lint headers unit threads symbols install tool bench counts gates peers profile storm
    campaign plants matrix explore saved shipped parity compilers memory memcheck fuzz hunt
    coverage second msan docs workflows pages kill9'

steps=${*:-$ALL}
for step in $steps; do
    [ -f "ci/steps/$step.sh" ] || die "test: '$step' is no step; there are:" $ALL
done

mkdir -p "$BUILD/log"
POINTS=$BUILD/log/points
export POINTS
number=0 passed=0 failed=0 skipped=0

# add_points: adds what the step counted.
add_points() {
    [ -f "$POINTS" ] || return 0
    read -r more_passed more_failed <"$POINTS"
    passed=$((passed + more_passed))
    failed=$((failed + more_failed))
}

# run_step STEP: runs it and says how it went, in one line or with all it printed.
run_step() {
    log=$BUILD/log/$1
    rm -f "$POINTS"
    began=$(date +%s)
    sh "ci/steps/$1.sh" >"$log" 2>&1 </dev/null
    status=$?
    seconds=$(($(date +%s) - began))
    number=$((number + 1))
    add_points
    case $status in
    0)
        passed=$((passed + 1))
        echo "ok $number - $1 ($seconds s): $(tail -n 1 "$log")"
        ;;
    77)
        skipped=$((skipped + 1))
        echo "ok $number - $1 # SKIP $(tail -n 1 "$log")"
        ;;
    *)
        failed=$((failed + 1))
        sed 's/^/# /' "$log"
        echo "not ok $number - $1 ($seconds s)"
        ;;
    esac
}

for step in $steps; do
    run_step "$step"
done

echo "1..$number"
if [ "$skipped" -eq 0 ]; then
    echo "$passed passed, $failed failed"
else
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
