# symbols - what ships holds what it should and no more.
#
# Marks, chances and plants are not in it; every name is ours; the shared library shows the
# functions of holdfast.h and needs libc alone; nothing in it is thread-local.

set -eu
. ci/build/common.sh

sh ci/build/make.sh lib tool sim
need nm binutils
static=$BUILD/lib/libholdfast.a
shared=$BUILD/lib/libholdfast.so
scratch=$BUILD/log/symbols
failed=0

# finding TEXT: prints it with the lines from standard input, if there are any.
finding() {
    lines=$(cat)
    [ -n "$lines" ] || return 0
    echo "$1:"
    echo "$lines"
    failed=1
}

nm -A "$static" "$BUILD/bin/holdfast" | grep -i 'hf_probe\|_mark_\|plant' |
    finding 'probes are left in what ships' || true
nm -A "$BUILD/bin/holdfast-sim" | grep -q hf_probe || {
    echo 'the search for probes finds none in the simulator either: it is blind'
    failed=1
}
nm -A "$static" | grep -i '__wrap\|__real\|hf_trace' |
    finding 'tracing is left in the library' || true
nm -A "$BUILD/bin/holdfast" | grep -q hf_trace || {
    echo 'the search for tracing finds none in the tool either: it is blind'
    failed=1
}
nm -A "$static" "$BUILD/bin/holdfast" | grep -i 'hf_timed' |
    finding 'timers are left in what ships' || true
nm -g --defined-only "$static" | awk 'NF == 3 && $3 !~ /^hf_/ { print $3 }' |
    finding 'global names that do not begin with hf_'

# What the header declares: the name before the first parenthesis behind HF_API.
tr '\n' ' ' <engine/holdfast.h | sed 's/HF_API /\n&/g' |
    sed -n 's/^HF_API [^(;]*[ *]\(hf_[a-z0-9_]*\)(.*/\1/p' | LC_ALL=C sort >"$scratch.declared"
nm -D --defined-only "$shared" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' |
    LC_ALL=C sort >"$scratch.exported"
diff "$scratch.declared" "$scratch.exported" |
    finding 'declared in holdfast.h (<) and exported by the library (>) differ' || true
[ -s "$scratch.declared" ] || { echo 'no name was found in holdfast.h'; failed=1; }

readelf -d "$shared" >"$scratch.dynamic"
awk '/NEEDED/ && !/\[libc\.so\.6\]/' "$scratch.dynamic" |
    finding 'the library needs more than libc.so.6'
awk '/RPATH|RUNPATH|TEXTREL/' "$scratch.dynamic" | finding 'the library is bound to places'
readelf -SW "$shared" | grep -E '\.(tdata|tbss)' | finding 'thread-local data' || true
grep -q "SONAME.*libholdfast.so.$(project_version | cut -d . -f 1)\]" "$scratch.dynamic" || {
    echo 'the soname is not that of the version'
    failed=1
}
readelf -lW "$shared" | grep 'GNU_STACK.*RWE' | finding 'an executable stack' || true

echo "$(wc -l <"$scratch.exported") exported functions, needing libc.so.6"
exit "$failed"
