# coverage - the committed corpora alone reach the codecs: LINES percent of the lines of
# engine/format/ and BRANCHES percent of its branches. Assertions and plants are left out.
#
# By gcov, without optimisation. An inline function counts in the codec that uses it.

set -eu
. ci/build/common.sh

LINES=98
BRANCHES=95
targets='wal table manifest snapshot'

has gcc && has gcov || { echo 'gcc and its gcov are not here' && exit 77; }
place=$BUILD/coverage
rm -rf "$place"
mkdir -p "$place"

# objects FLAGS SOURCE...: compiles each, as many at a time as there are jobs.
objects() {
    flags=$1
    shift
    printf '%s\n' "$@" |
        xargs -P "$JOBS" -I SOURCE sh -c 'gcc -std=c11 -Iengine -I. '"$flags"' -c -o \
            "'"$place"'/$(basename SOURCE .c).o" SOURCE'
}

codecs=$(ls engine/format/*.c | grep -v '_test\.c$')
helpers="engine/base/crc32c.c engine/base/assert.c fuzz/replay_main.c fuzz/wal_pieces.c
    fuzz/table_make.c"
for target in $targets; do
    helpers="$helpers fuzz/${target}_fuzz.c fuzz/${target}_mutator.c"
done
objects '-O0 --coverage -include fuzz/unasserted.h' $codecs
objects '-O1' $helpers

codec_objects=$(for codec in $codecs; do echo "$place/$(basename "$codec" .c).o"; done)
for target in $targets; do
    gcc --coverage -o "$place/$target" "$place/${target}_fuzz.o" "$place/${target}_mutator.o" \
        "$place/wal_pieces.o" "$place/table_make.o" "$place/replay_main.o" \
        "$place/crc32c.o" "$place/assert.o" $codec_objects
    "$place/$target" "fuzz/corpus/$target" >/dev/null 2>"$place/replayed" ||
        die "coverage: $target does not hold over its corpus"
done

# The text of gcov beside the counts, for people: what was not reached begins with #####.
gcov -b -c -t $codec_objects >"$BUILD/log/gcov" 2>&1
for object in $codec_objects; do
    gcov -b -n "$object" 2>/dev/null
done | awk -v lines_wanted=$LINES -v branches_wanted=$BRANCHES '
    /^File / { counts = $0 ~ /engine\/format\// }
    counts && /^Lines executed/ { add(lines) }
    counts && /^Taken at least once/ { add(branches) }
    # "Lines executed:98.21% of 112"
    function add(sum) {
        split($0, part, /[:%]| of /)
        sum["all"] += part[4]
        sum["reached"] += int(part[2] * part[4] / 100 + 0.5)
    }
    END {
        if (lines["all"] == 0 || branches["all"] == 0) {
            print "gcov counted nothing"
            exit 1
        }
        line = 100 * lines["reached"] / lines["all"]
        branch = 100 * branches["reached"] / branches["all"]
        printf "%.1f %% of %d lines, %.1f %% of %d branches of engine/format/\n", line, \
            lines["all"], branch, branches["all"]
        exit line < lines_wanted || branch < branches_wanted
    }'
