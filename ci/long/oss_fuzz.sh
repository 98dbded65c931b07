#!/bin/sh
#
# oss_fuzz.sh [SANITIZER...] - fuzz/oss-fuzz/ does what OSS-Fuzz wants of it.
#
# Lays the tree out as the Dockerfile says, builds there with what the service's images set for
# each of the sanitisers that project.yaml lists (those, if none is named; `coverage` is one
# more), and for AFL++, then looks at what that left as the service would: each target is a
# program that starts in an empty folder, holds over its seeds as they are packed, and
# understands its dictionary and its options. Ten minutes of processor time.

set -eu
. ci/build/common.sh

need clang clang
need afl-clang-fast afl++
need zip zip
need unzip unzip
BUILD=${BUILD:-build}
place=$(mkdir -p "$BUILD/oss-fuzz" && cd "$BUILD/oss-fuzz" && pwd)
sanitizers=${*:-$(sed -n '/^sanitizers:/,$s/^  - //p' fuzz/oss-fuzz/project.yaml)}

# flags SANITIZER: what the service passes for it. It lets unsigned numbers overflow, and counts
# that as a thing to reach.
flags() {
    wrong=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size
    wrong=$wrong,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable
    wrong=$wrong,vla-bound,vptr
    case $1 in
    address) echo '-fsanitize=address -fsanitize-address-use-after-scope' ;;
    undefined)
        echo "-fsanitize=$wrong,unsigned-integer-overflow -fno-sanitize-recover=$wrong"
        ;;
    memory) echo '-fsanitize=memory -fsanitize-memory-track-origins' ;;
    coverage) echo '-fprofile-instr-generate -fcoverage-mapping' ;;
    *) die "oss_fuzz: no flags for the sanitiser '$1'" ;;
    esac
}
export UBSAN_OPTIONS=silence_unsigned_overflow=1

# lay_out: the tree as the image has it, in $place/src; build.sh is started in $at.
lay_out() {
    rm -rf "$place/src"
    while read -r word from to; do
        case $word in
        COPY)
            to=$place/src${to#"\$SRC"}
            mkdir -p "$(dirname "$to")"
            cp -R "$from" "$to"
            ;;
        WORKDIR) at=$place/src${from#"\$SRC"} ;;
        esac
    done <fuzz/oss-fuzz/Dockerfile
}

# build_for NAME: with the flags and the engine of the environment.
build_for() {
    rm -rf "$place/$1"
    (
        export OUT="$place/$1/out" WORK="$place/$1/work" SRC="$place/src"
        cd "$at" && bash "$SRC/build.sh"
    )
}

# judge NAME TARGET: what the build left of one target.
judge() {
    out=$place/$1/out
    [ -x "$out/$2_fuzz" ] || die "oss_fuzz: $1: no program $2_fuzz"
    rm -rf "$place/$1/seeds" "$place/$1/empty"
    mkdir "$place/$1/empty"
    unzip -q "$out/$2_fuzz_seed_corpus.zip" -d "$place/$1/seeds"
    diff -r "$place/$1/seeds" "fuzz/corpus/$2" || die "oss_fuzz: $1: other seeds of $2"
    grep -q '^max_len = [0-9]*$' "$out/$2_fuzz.options" ||
        die "oss_fuzz: $1: no options of $2"
    [ ! -f "fuzz/$2.dict" ] || cmp "fuzz/$2.dict" "$out/$2_fuzz.dict"
}

# holds NAME TARGET: with libFuzzer, over the seeds, with the dictionary.
holds() {
    dictionary=$place/$1/out/$2_fuzz.dict
    [ -f "$dictionary" ] || dictionary=
    (cd "$place/$1/empty" && "$place/$1/out/$2_fuzz" -runs=0 -timeout=600 \
        ${dictionary:+-dict="$dictionary"} "$place/$1/seeds") >"$place/log" 2>&1 || {
        tail -n 30 "$place/log"
        die "oss_fuzz: $1: $2 does not hold over its seeds"
    }
}

lay_out
for sanitizer in $sanitizers; do
    CC=clang CXX=clang++ LIB_FUZZING_ENGINE=-fsanitize=fuzzer
    CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only $(flags "$sanitizer")"
    [ "$sanitizer" = coverage ] || CFLAGS="$CFLAGS -fsanitize=fuzzer-no-link"
    CFLAGS="$CFLAGS -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
    export CC CXX LIB_FUZZING_ENGINE CFLAGS CXXFLAGS="$CFLAGS"
    build_for "$sanitizer"
    for source in fuzz/*_fuzz.c; do
        target=$(basename "$source" _fuzz.c)
        judge "$sanitizer" "$target"
        holds "$sanitizer" "$target"
    done
    echo "$sanitizer: $(ls fuzz/*_fuzz.c | wc -l) targets"
done

CC=afl-clang-fast CXX=afl-clang-fast++ CFLAGS='-O1 -gline-tables-only'
export CC CXX CFLAGS CXXFLAGS="$CFLAGS" LIB_FUZZING_ENGINE=-fsanitize=fuzzer
build_for afl
for source in fuzz/*_fuzz.c; do
    target=$(basename "$source" _fuzz.c)
    judge afl "$target"
    # One input, through the driver that AFL++ brings.
    input=$(ls fuzz/corpus/"$target"/* | head -n 1)
    "$place/afl/out/${target}_fuzz" "$input" >"$place/log" 2>&1 ||
        die "oss_fuzz: afl: $target does not hold over $input"
done
echo "$(ls fuzz/*_fuzz.c | wc -l) targets with $(echo $sanitizers), and AFL++"
