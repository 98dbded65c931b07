# fuzz - every fuzz target over its corpus, with sanitisers: what was once found stays fixed.
# And the corpora can find: with a planted bug on, that of the simulator's target meets it, and
# leaves a scenario with a fixed tape that breaks the same property. Looking for more is
# `./build.sh fuzz`.

set -eu
. ci/build/common.sh

sh ci/build/make.sh fuzz sim
count=0
for program in $(sed -n 's/^link fuzz \([^ ]*\).*/\1/p' "$BUILD/obj/plan" | LC_ALL=C sort); do
    name=${program##*/}
    corpus=fuzz/corpus/${name%_fuzz}
    [ -d "$corpus" ] || die "fuzz: $name has no corpus in $corpus"
    "$program" "$corpus"
    count=$((count + 1))
done
[ "$count" -gt 0 ] || die 'fuzz: there is no target'

# meets PLANT: the corpus breaks on it, and what it leaves does in the simulator that ships.
meets() {
    scenario=$BUILD/log/fuzzed.scn
    rm -f "$scenario"
    if SIM_FUZZ_PLANT=$1 SIM_FUZZ_OUT=$scenario "$BUILD/fuzz/sim_fuzz" fuzz/corpus/sim \
        >"$BUILD/log/fuzzed" 2>&1; then
        die "fuzz: the corpus of sim does not meet the plant $1"
    fi
    property=$(sed -n 's/^broke \([a-z]*\)$/\1/p' "$BUILD/log/fuzzed")
    status=0
    "$BUILD/bin/holdfast-sim" replay "$scenario" --plant "$1" >"$BUILD/log/replayed" ||
        status=$?
    [ "$status" -eq 1 ] && grep -q "^broke $property: " "$BUILD/log/replayed" ||
        die "fuzz: $1 broke '$property', and its scenario does not: $scenario"
}

plants='wal_ack_before_sync recovery_no_witness wal_skip_dir_sync table_no_sync'
for plant in $plants; do
    meets "$plant"
done
echo "$count targets over their corpora, $(echo $plants | wc -w) plants met"
