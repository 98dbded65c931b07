#!/bin/sh
#
# seed_corpus.sh TARGET [SECONDS] - makes fuzz/corpus/TARGET anew: the golden files, what
# TARGET_seeds_test.c writes where there is one, what is in the corpus, and what the last
# fuzzing found, fuzzed for a while; of all that as few inputs as reach the same code.
#
# Run from the root of the tree; needs clang.

set -eu
BUILD=${BUILD:-build}
CC=clang JOBS=${JOBS:-2}
export BUILD CC JOBS
target=$1
seconds=${2:-60}
work=$BUILD/seeds/$target
corpus=fuzz/corpus/$target
size_max=8192

rm -rf "$work"
mkdir -p "$work/golden" "$work/seeds" "$work/found" "$work/few" "$corpus"
for golden in engine/format/golden/"$target"-*; do
    [ ! -f "$golden" ] || cp "$golden" "$work/golden/"
done
if [ -f "fuzz/${target}_seeds_test.c" ]; then
    sh ci/build/make.sh test
    "$BUILD/test/${target}_seeds_test" write "$work/seeds"
fi
sh ci/fuzz.sh "$target" --time 1
fuzzer=$BUILD/libfuzzer/fuzz/${target}_fuzz
dictionary=fuzz/$target.dict
[ -f "$dictionary" ] || dictionary=
"$fuzzer" -max_total_time="$seconds" -max_len=$size_max ${dictionary:+-dict="$dictionary"} \
    "$work/found" "$work/seeds" "$work/golden" "$corpus" "$BUILD/fuzzing/$target"
"$fuzzer" -set_cover_merge=1 -use_counters=0 -max_len=$size_max "$work/few" \
    "$work/golden" "$work/seeds" "$work/found" "$corpus" "$BUILD/fuzzing/$target"
# What a fuzzer once broke something with, found-*, stays, and so does what was written by hand,
# seed-*; some of the seeds are kept whole.
find "$corpus" -type f ! -name 'found-*' ! -name 'seed-*' -exec rm -f {} +
find "$work/golden" "$work/few" -type f -exec cp {} "$corpus/" \;
find "$work/seeds" -name '[1-3]-*-torn-*' -exec cp {} "$corpus/" \;
echo "$(ls "$corpus" | wc -l) inputs, $(du -bs "$corpus" | cut -f 1) bytes"
