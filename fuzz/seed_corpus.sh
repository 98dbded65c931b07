#!/bin/sh
#
# seed_corpus.sh [SECONDS] - makes fuzz/corpus/wal anew: the golden files and what crashes leave
# (wal_seeds_test.c), fuzzed for a while, of all that as few inputs as reach the same code.
#
# Run from the root of the tree; needs clang.

set -eu
BUILD=${BUILD:-build}
CC=clang JOBS=${JOBS:-2}
export BUILD CC JOBS
seconds=${1:-60}
work=$BUILD/seeds/wal
size_max=8192

rm -rf "$work"
mkdir -p "$work/crashes" "$work/found" "$work/few"
sh ci/build/make.sh test
"$BUILD/test/wal_seeds_test" write "$work/crashes"
sh ci/fuzz.sh wal --time 1
fuzzer=$BUILD/libfuzzer/fuzz/wal_fuzz
"$fuzzer" -max_total_time="$seconds" -max_len=$size_max -dict=fuzz/wal.dict "$work/found" \
    "$work/crashes" engine/format/golden
"$fuzzer" -set_cover_merge=1 -use_counters=0 -max_len=$size_max "$work/few" \
    engine/format/golden "$work/crashes" "$work/found"
# What a fuzzer once broke something with, found-*, stays; some of the images are kept whole.
mkdir -p fuzz/corpus/wal
find fuzz/corpus/wal -type f ! -name 'found-*' -exec rm -f {} +
cp engine/format/golden/* "$work"/crashes/[1-3]-*-torn-* fuzz/corpus/wal/
cp "$work"/few/* fuzz/corpus/wal/
echo "$(ls fuzz/corpus/wal | wc -l) inputs, $(du -bs fuzz/corpus/wal | cut -f 1) bytes"
