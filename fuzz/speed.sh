#!/bin/sh
#
# speed.sh [RUNS] - how fast the parser of the log is fuzzed without sanitisers, and how much of
# it the same run reaches: executions a second of processor time, mutation and all checks
# included, and of the lines of engine/format/wal_*.c those that were run.
#
# Run from the root of the tree; needs clang and its llvm-cov. The processor's time and not the
# clock's is counted, so that neighbours do not matter.

set -eu
runs=${1:-500000}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
flags='-std=c11 -O2 -Iengine -I. -fsanitize=fuzzer-no-link'

for source in engine/format/wal_format.c engine/format/wal_walk.c; do
    clang $flags --coverage -include fuzz/unasserted.h -c "$source" \
        -o "$place/$(basename "$source" .c).o"
done
for source in fuzz/wal_fuzz.c fuzz/wal_mutator.c fuzz/wal_pieces.c engine/base/crc32c.c \
    engine/base/assert.c; do
    clang $flags -c "$source" -o "$place/$(basename "$source" .c).o"
done
clang -fsanitize=fuzzer --coverage -o "$place/wal" "$place"/*.o
mkdir "$place/corpus"
cp fuzz/corpus/wal/* "$place/corpus/"

times >"$place/before"
"$place/wal" -runs="$runs" -max_len=4096 "$place/corpus" >"$place/log" 2>&1 ||
    { tail -n 20 "$place/log" && exit 1; }
times >"$place/after"
llvm-cov gcov -n -o "$place" "$place/wal_format.o" "$place/wal_walk.o" >"$place/lines" 2>&1
awk -v runs="$runs" '
    function spent(line) { gsub(/[ms]/, " ", line); split(line, part, " ")
        return part[1] * 60 + part[2] + part[3] * 60 + part[4] }
    FILENAME ~ /before$/ && FNR == 2 { began = spent($0) }
    FILENAME ~ /after$/ && FNR == 2 { ended = spent($0) }
    /^File / { counts = $0 ~ /engine\/format\/wal_(format|walk)\.c/ }
    counts && /^Lines executed/ { split($0, part, /[:%]| of /)
        all += part[4]; reached += part[2] * part[4] / 100 }
    END { printf "%d executions a second over %.1f s of processor time, %.1f %% of %d lines\n",
        runs / (ended - began), ended - began, 100 * reached / all, all }' \
    "$place/before" "$place/after" "$place/lines"
