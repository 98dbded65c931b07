#!/bin/sh
#
# make.sh TAG... - brings the outputs with these tags up to date (see plan.awk).
#
# What exists is up to date: each look removes what has become stale before it remembers the
# time of looking, so an interrupted or failed build goes on where it stopped.

set -eu
. ci/build/common.sh
. ci/build/flags.sh

case $BUILD in
*[[:space:]]*) die "BUILD='$BUILD' has a space in it" ;;
esac
has "$CC" || need "$CC" "$CC" || exit 2
mkdir -p "$BUILD/obj" "$BUILD/bin" "$BUILD/lib" "$BUILD/test" "$BUILD/fuzz"
state=$BUILD/obj

# One build at a time in a folder.
lock() {
    until mkdir "$state/lock" 2>/dev/null; do
        holder=$(cat "$state/lock/pid" 2>/dev/null || echo)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
            rm -rf "$state/lock"
        else
            sleep 0.2
        fi
    done
    echo $$ >"$state/lock/pid"
    trap 'rm -rf "$state/lock"' EXIT
    trap 'exit 130' INT TERM HUP
}

# Another compiler, other flags or other rules: nothing made before can be trusted.
configure() {
    wanted="$CC $($CC -dumpfullversion -dumpversion 2>/dev/null)
${CFLAGS:-} / ${LDFLAGS:-} / ${FUZZ_ENGINE:-} ${SANITIZE:-}
$(cat ci/build/flags.sh ci/build/plan.awk ci/build/compile.sh ci/build/link.sh \
    engine/libholdfast.map | cksum)"
    if [ "$wanted" != "$(cat "$state/configured" 2>/dev/null)" ]; then
        rm -rf "$state/release" "$state/storm" "$state/check" "$state/stormcheck" \
            "$state/planted" "$state/timing" "$state/plan" "$state/stamp" "$BUILD/bin" \
            "$BUILD/lib" "$BUILD/test" "$BUILD/fuzz"
        mkdir -p "$BUILD/bin" "$BUILD/lib" "$BUILD/test" "$BUILD/fuzz"
        flags_print >"$state/flags"
        echo "$wanted" >"$state/configured"
    fi
    set -a
    . "$state/flags"
    set +a
}

folders() {
    for folder in engine sim bench fuzz; do
        [ ! -d "$folder" ] || echo "$folder"
    done
}

plan() {
    {
        $CC -std=c11 -E -P -x c ci/build/peers.h | grep -E '^(peer|absent) ' || true
        grep -rlE '^#include "(sim/|fuzz/(room|plant)\.h)' fuzz --include='*.c' 2>/dev/null |
            sed 's/^/storm /' || true
        find -H $(folders) -name '*.c' -type f | LC_ALL=C sort | sed 's/^/source /'
    } |
        awk -v build="$BUILD" -v version="$(project_version)" -v fuzzer="${FUZZ_ENGINE:-}" \
            -f ci/build/plan.awk
}

# Writes the lines of the plan that are to be done to $state/todo.
look() {
    plan >"$state/plan.new"
    touch "$state/stamp.new"
    find -H $(folders) -type f >"$state/files"
    if [ -f "$state/stamp" ]; then
        find -H $(folders) -type f -newer "$state/stamp" >"$state/changed"
    else
        cp "$state/files" "$state/changed"
    fi
    find "$BUILD/bin" "$BUILD/lib" "$BUILD/test" "$BUILD/fuzz" "$state" -type f >"$state/made"
    touch "$state/plan"
    find "$state" -name '*.d' -exec cat {} + >"$state/depends"
    awk -v tags="$*" -f ci/build/stale.awk what=files "$state/files" \
        what=changed "$state/changed" what=made "$state/made" what=old "$state/plan" \
        what=plan "$state/plan.new" what=depends "$state/depends" >"$state/todo"
    sed -n 's/^remove //p' "$state/todo" | xargs rm -f
    mv "$state/plan.new" "$state/plan"
    mv "$state/stamp.new" "$state/stamp"
}

# run WORD SCRIPT FIELDS: hands each line of the list that starts with WORD to SCRIPT, as many
# at a time as there are jobs. Goes on after a failure, so that one look shows all of them.
run() {
    grep "$1" "$state/todo" >"$state/now" || return 0
    xargs -L 1 -P "$JOBS" sh "$2" <"$state/now" || return 1
}

lock
configure
look "$@"
awk -v base="$state" '$1 == "compile" { sub(/\/[^\/]*$/, "", $2); seen[$2] }
    END { print base; for (folder in seen) print folder }' "$state/todo" | xargs mkdir -p
began=$(date +%s)
failed=
run '^compile ' ci/build/compile.sh || failed=1
# Archives first: programs are linked with them, and the tool with the library.
run '^link - ' ci/build/link.sh || failed=1
run '^link lib ' ci/build/link.sh || failed=1
run '^link [a-km-z]' ci/build/link.sh || failed=1
if [ -n "$failed" ]; then
    echo "build.sh: failed: the reasons are above" >&2
    exit 1
fi
if grep -q . "$state/todo"; then
    echo "built in $(($(date +%s) - began)) s with $CC: $(grep -c '^compile ' "$state/todo")" \
        "objects, $(grep -c '^link ' "$state/todo") outputs in $BUILD/"
fi
