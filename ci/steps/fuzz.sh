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

# meets PLANT: whether the corpus breaks on it; it must leave a scenario, which must break the
# same property in the simulator: `alive`, where an assertion of the engine was first.
meets() {
    scenario=$BUILD/log/fuzzed.scn
    rm -f "$scenario"
    if FUZZ_PLANT=$1 SIM_FUZZ_OUT=$scenario "$BUILD/fuzz/sim_fuzz" fuzz/corpus/sim \
        >"$BUILD/log/fuzzed" 2>&1; then
        return 1
    fi
    property=$(sed -n 's/^broke \([a-z]*\)$/\1/p' "$BUILD/log/fuzzed")
    status=0
    "$BUILD/bin/holdfast-sim" replay "$scenario" --plant "$1" >"$BUILD/log/replayed" ||
        status=$?
    [ "$status" -eq 1 ] && grep -q "^broke $property: " "$BUILD/log/replayed" ||
        die "fuzz: $1 broke '$property', and its scenario does not: $scenario"
}

# breaks TARGET PLANT: the corpus of another target that knows plants meets this one.
breaks() {
    met=$((met + 1))
    if FUZZ_PLANT=$2 "$BUILD/fuzz/$1_fuzz" "fuzz/corpus/$1" >"$BUILD/log/fuzzed" 2>&1; then
        die "fuzz: the corpus of $1 does not meet the plant $2"
    fi
    grep -q 'Holdfast is wrong' "$BUILD/log/fuzzed" ||
        die "fuzz: $1 broke on $2, and not by what it holds the engine to"
}

# What a tape comes to changes with the engine and the simulator, so that the corpus meets other
# plants today than yesterday; it must meet most.
plants='wal_ack_before_sync wal_skip_dir_sync wal_no_boundary table_no_sync recovery_no_copy
    recovery_reuse_number wal_durable_after_sync recovery_refuse_torn
    snapshot_off_by_one snapshot_no_deletes snapshot_unchecked checkpoint_no_flush
    salvage_silent salvage_unchecked fresh_manifest_first lock_not_taken'
met=0
for plant in $plants; do
    if meets "$plant"; then
        met=$((met + 1))
    fi
done
[ "$met" -ge 11 ] || die "fuzz: the corpus of sim meets $met plants of $(echo $plants | wc -w)"
breaks wal wal_crc_without_len
breaks wal wal_crc_unmasked
breaks wal recovery_resync
breaks snapshot snapshot_unchecked
breaks db wal_ack_before_sync
breaks db recovery_append_torn
breaks db merge_drop_ranges
breaks db table_bounds_without_ranges
breaks damage table_block_unchecked
breaks damage flush_lose_ranges
echo "$count targets over their corpora, $met plants met"
