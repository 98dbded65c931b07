#!/bin/bash
#
# build.sh - builds every fuzz target as OSS-Fuzz and ClusterFuzzLite want it.
#
# Run from the root of the tree. From the environment, as their build images set it: CC, CFLAGS,
# CXX, CXXFLAGS, LIB_FUZZING_ENGINE, OUT (where programs, seeds, dictionaries and options go)
# and WORK (for objects). By hand:
#
#     CFLAGS='-g -O1 -fsanitize=address,fuzzer-no-link' LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
#         OUT=build/oss-fuzz/out WORK=build/oss-fuzz/work bash fuzz/oss-fuzz/build.sh
#
# As in the project's own build (ci/build/plan.awk), a target that includes the simulator, or a
# header of fuzz/ that does, has the engine over the simulated machine; the others have it over
# files. ci/long/oss_fuzz.sh runs this and what came of it.

set -eu
CC=${CC:-clang}
CXX=${CXX:-clang++}
CXXFLAGS=${CXXFLAGS:-$CFLAGS}
mkdir -p "$OUT" "$WORK"
OUT=$(cd "$OUT" && pwd)
flags="$CFLAGS -std=c11 -pthread -Iengine -I. -DHF_CHECK"
on_machine='^#include "(sim/|fuzz/(room|plant)\.h)'

# compile VARIANT FLAGS: the sources named on stdin.
compile() {
    mkdir -p "$WORK/$1"
    while read -r source; do
        echo "$CC $flags $2 -c -o $WORK/$1/${source//\//_}.o $source"
    done | xargs -P "$(nproc)" -I COMMAND sh -c COMMAND
}

# library VARIANT: everything compiled for it; a linker takes what is wanted.
library() {
    rm -f "$WORK/$1.a"
    find "$WORK/$1" -name '*.o' ! -name '*_fuzz.c.o' | LC_ALL=C sort | xargs ar rcD "$WORK/$1.a"
}

targets=$(ls fuzz/*_fuzz.c)
helpers=$(ls fuzz/*.c | grep -Ev '_(test|main|fuzz)\.c$|custom_afl\.c$')
engine=$(find engine -name '*.c' ! -name '*_test.c' ! -name '*_main.c' ! -name vfs_trace.c)
simulator=$(find sim -name '*.c' ! -name '*_test.c' ! -name '*_main.c' ! -path 'sim/parity/*')
simulated="$(grep -lE "$on_machine" $helpers $targets)"
real=$(grep -LE "$on_machine" $helpers $targets)

printf '%s\n' $engine $real | compile files ''
printf '%s\n' $engine $simulator $helpers $simulated | grep -v _posix.c | sort -u |
    compile machine '-DHF_SIM -DHF_PLANTS'
library files
library machine

for source in $targets; do
    name=$(basename "$source" .c)
    target=${name%_fuzz}
    variant=$(grep -qE "$on_machine" "$source" && echo machine || echo files)
    $CXX $CXXFLAGS -pthread -o "$OUT/$name" "$WORK/$variant/${source//\//_}.o" \
        "$WORK/$variant.a" $LIB_FUZZING_ENGINE
    rm -f "$OUT/${name}_seed_corpus.zip"
    (cd "fuzz/corpus/$target" && zip -q "$OUT/${name}_seed_corpus.zip" ./*)
    printf '[libfuzzer]\nmax_len = 65536\ntimeout = 60\n' >"$OUT/$name.options"
    [ ! -f "fuzz/$target.dict" ] || cp "fuzz/$target.dict" "$OUT/$name.dict"
done
