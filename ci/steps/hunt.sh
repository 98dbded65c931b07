# hunt - a campaign finds a bug that was planted in a parser, and what it leaves is of use: of
# many inputs that break the target triage keeps the smallest of each way to break, under a name
# that says which. In a corpus that input is a test: it fails with the bug and holds without.
#
# The turns are those of `./build.sh fuzz`, of the target `wal`, from a log that was read right.

set -eu
. ci/build/common.sh

need clang clang || { echo 'clang is not here' && exit 77; }
PLANT=wal_crc_without_len
TURNS=5
sh ci/build/make.sh sim fuzz
place=$BUILD/hunt
rm -rf "$place"
mkdir -p "$place/found/wal" "$place/libfuzzer/fuzz" "$place/objects"

# Only the codec is watched by the fuzzer; all else is as the simulator has it.
for source in engine/format/wal_format.c engine/format/wal_walk.c fuzz/wal_fuzz.c \
    fuzz/wal_mutator.c fuzz/wal_pieces.c fuzz/room.c; do
    echo "-std=c11 -O1 -Iengine -I. -DHF_SIM -DHF_PLANTS -fsanitize=fuzzer-no-link" \
        "-c -o $place/objects/$(basename "$source" .c).o $source"
done | xargs -L 1 -P "$JOBS" clang
find "$BUILD/obj/storm" -name '*.o' ! -name '*_main.o' | LC_ALL=C sort |
    xargs ar qcD "$place/rest.a"
clang -fsanitize=fuzzer -pthread -o "$place/libfuzzer/fuzz/wal_fuzz" "$place"/objects/*.o \
    "$place/rest.a" "$BUILD/obj/release/libcli.a"

# Turns until it breaks, each from the beginning and with a seed of its own.
export CAMPAIGN="$place" FINDINGS="$place/findings" FUZZ_PLANT="$PLANT"
turn=0
while [ "$turn" -lt "$TURNS" ]; do
    turn=$((turn + 1))
    rm -rf "$place/fuzzing/wal"
    mkdir -p "$place/fuzzing/wal"
    cp engine/format/golden/wal-format-1.segment "$place/fuzzing/wal/"
    if sh fuzz/turn.sh wal libfuzzer 60; then
        die "hunt: turn $turn did not find $PLANT"
    fi
done
[ "$(grep -c broken "$place/fuzzing/tally")" -eq "$TURNS" ] || die 'hunt: another tally'

# What was found, all at once, as after a campaign of a night.
rm -rf "$FINDINGS"
if sh fuzz/triage.sh wal "$place/found/wal" >"$place/sorted"; then
    die 'hunt: nothing that was found breaks the target again'
fi
inputs=$(find "$place/found/wal" -name 'crash-*' | wc -l)
signatures=$(find "$FINDINGS/wal" -type f ! -name '*.txt' | wc -l)
[ "$inputs" -eq "$TURNS" ] && [ "$signatures" -ge 1 ] && [ "$signatures" -lt "$inputs" ] ||
    die "hunt: $inputs inputs, $signatures signatures"
smallest=$(find "$place/found/wal" -name 'crash-*' -exec wc -c {} + | sort -n | head -n 1)
find "$FINDINGS/wal" -type f ! -name '*.txt' -size -"$((${smallest% *} + 1))"c | grep -q . ||
    die 'hunt: the smallest input was not kept'
for kept in $(find "$FINDINGS/wal" -type f ! -name '*.txt'); do
    grep -q 'Holdfast is wrong' "$kept.txt" || die "hunt: $kept.txt does not say how it broke"
    if "$BUILD/fuzz/wal_fuzz" "$kept" 2>"$place/replayed"; then
        die "hunt: $kept holds with the bug"
    fi
    env -u FUZZ_PLANT "$BUILD/fuzz/wal_fuzz" "$kept" 2>"$place/replayed" ||
        die "hunt: $kept breaks the target without the bug"
done
echo "$PLANT found in each of $TURNS turns, $signatures signatures"
