#!/bin/sh
#
# fuzz.sh TARGET...|--all [--engine libfuzzer|afl] [--time SECONDS] - looks for inputs that
# break a target, beginning from its corpus. What is found is left in BUILD/found/TARGET/.
#
# TARGET is the X of fuzz/X_fuzz.c. The objects are those of the sanitised variants, compiled
# once more, by clang with coverage, in a build folder of their own.

set -eu
. ci/build/common.sh

engine=libfuzzer
time=60
targets=
while [ $# -gt 0 ]; do
    case $1 in
    --all) targets="$targets $(ls fuzz/*_fuzz.c | sed 's|fuzz/\(.*\)_fuzz.c|\1|')" ;;
    --engine | --time)
        [ $# -ge 2 ] || die "fuzz: $1 needs a value"
        [ "$1" = --time ] && time=$2 || engine=$2
        shift
        ;;
    -*) die "fuzz: no option '$1'; there are --all, --engine and --time" ;;
    *)
        [ -f "fuzz/$1_fuzz.c" ] || die "fuzz: no target '$1'; there are:" \
            "$(ls fuzz/*_fuzz.c | sed 's|fuzz/\(.*\)_fuzz.c|\1|' | tr '\n' ' ')"
        targets="$targets $1"
        ;;
    esac
    shift
done
[ -n "$targets" ] || die 'fuzz: name a target, or --all'

case $engine in
libfuzzer) need clang clang && CC=clang ;;
afl) need afl-clang-fast afl++ && CC=afl-clang-fast ;;
*) die "fuzz: no engine '$engine'; there are libfuzzer and afl" ;;
esac
found=$BUILD/found
BUILD=$BUILD/$engine
export BUILD CC FUZZ_ENGINE=$engine
sh ci/build/make.sh fuzz

# run_libfuzzer TARGET, run_afl TARGET: a finding is a status that is not 0.
run_libfuzzer() {
    "$BUILD/fuzz/$1_fuzz" -max_total_time="$time" -timeout=10 \
        -max_len=65536 -artifact_prefix="$found/$1/" ${dictionary:+-dict="$dictionary"} \
        "$BUILD/corpus/$1" "fuzz/corpus/$1"
}

# The target's own mutator, where it has one, as the shared object that afl-fuzz loads. It runs
# inside afl-fuzz, so nothing of it is instrumented.
run_afl() {
    mutator=
    if grep -q '^LLVMFuzzerCustomMutator(' "fuzz/$1_fuzz.c"; then
        mutator=$BUILD/fuzz/$1_afl.so
        ${HOST_CC:-clang} -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Iengine -I. \
            -o "$mutator" fuzz/custom_afl.c \
            $(ls fuzz/"$1"_*.c engine/format/*.c engine/base/*.c | grep -v '_test\.c$')
    fi
    env ${mutator:+AFL_CUSTOM_MUTATOR_LIBRARY="$mutator"} AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_AUTORESUME=1 \
        afl-fuzz -V "$time" ${dictionary:+-x "$dictionary"} -i "fuzz/corpus/$1" \
        -o "$found/$1" -- "$BUILD/fuzz/$1_fuzz"
    [ -z "$(ls "$found/$1"/default/crashes/ 2>/dev/null)" ]
}

for target in $targets; do
    echo "== $target, $time s"
    mkdir -p "$found/$target" "$BUILD/corpus/$target"
    dictionary=fuzz/$target.dict
    [ -f "$dictionary" ] || dictionary=
    "run_$engine" "$target" || die "fuzz: $target: see $found/$target"
done
