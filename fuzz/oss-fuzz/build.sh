#!/bin/bash -eu
#
# build.sh - builds every fuzz target as OSS-Fuzz and ClusterFuzzLite want it.
#
# Run from the root of the tree. From the environment, as their build images set it: CC, CFLAGS,
# LIB_FUZZING_ENGINE, OUT (where programs, seeds and dictionaries go) and WORK (for objects). By
# hand:
#
#     CC=clang CFLAGS='-g -O1 -fsanitize=address,fuzzer-no-link' OUT=build/oss WORK=build/work \
#         LIB_FUZZING_ENGINE=-fsanitize=fuzzer bash fuzz/oss-fuzz/build.sh

CC=${CC:-clang}
CXX=${CXX:-clang++}
mkdir -p "$OUT" "$WORK"
# All that the engine has for the simulator is switched on, as in the project's own targets.
flags="$CFLAGS -std=c11 -pthread -Iengine -I. -DHF_CHECK -DHF_SIM -DHF_PLANTS"

sources=$(find engine sim fuzz -name '*.c' ! -name '*_test.c' ! -name '*_main.c' \
    ! -name '*_posix.c' ! -name '*_fuzz.c' ! -name custom_afl.c | LC_ALL=C sort)
for source in $sources; do
    echo "$CC $flags -c -o $WORK/${source//\//_}.o $source"
done | xargs -P "$(nproc)" -I COMMAND sh -c COMMAND
objects=
for source in $sources; do
    objects="$objects $WORK/${source//\//_}.o"
done
rm -f "$WORK/libholdfast.a"
ar rcD "$WORK/libholdfast.a" $objects

for source in fuzz/*_fuzz.c; do
    name=$(basename "$source" .c)
    target=${name%_fuzz}
    $CC $flags -c -o "$WORK/$name.o" "$source"
    $CXX ${CXXFLAGS:-} $LIB_FUZZING_ENGINE ${CFLAGS//-fsanitize=*fuzzer-no-link/} \
        -o "$OUT/$name" "$WORK/$name.o" "$WORK/libholdfast.a" -pthread
    (cd "fuzz/corpus/$target" && zip -q "$OUT/${name}_seed_corpus.zip" ./*)
    [ ! -f "fuzz/$target.dict" ] || cp "fuzz/$target.dict" "$OUT/$name.dict"
done
