#!/bin/sh
#
# turn.sh TARGET libfuzzer|afl SECONDS - one turn of a campaign (ci/fuzz.sh).
# turn.sh TARGET merge 0               - its corpus, as few inputs as reach the same.
#
# A turn begins from the shared corpus BUILD/fuzzing/TARGET and adds to it; says in one line
# what it came to; and writes that, for fuzz/tally.awk, as a line into BUILD/fuzzing/tally.
# CAMPAIGN in the environment is another folder than BUILD for all that.
#
#   TARGET ENGINE WALL PROCESSOR EXECUTIONS BEFORE AFTER INPUTS broken|held
#
# in seconds, of the wall and of all processors; edges reached, of the corpus and with what was
# found, which only libFuzzer counts; how many inputs there are then. A turn is broken if the
# engine stopped before its time, or triage.sh says that something still breaks.
#
# An input that takes 10 seconds of the clock is only suspected: on a machine with other work it
# need not be slow. triage.sh judges it by processor time.

set -eu
. ci/build/common.sh

BUILD=${BUILD:-build}
target=$1
engine=$2
turn_seconds=$3
place=${CAMPAIGN:-$BUILD}
shared=$place/fuzzing/$target
found=$place/found/$target
log=$shared.$engine
hang_seconds=600
dictionary=fuzz/$target.dict
[ -f "$dictionary" ] || dictionary=

# mutator: the target's own mutator, where it has one, as the shared object that afl-fuzz loads.
# It runs inside afl-fuzz, so nothing of it is instrumented; what of the target it does not need
# is left out.
mutator() {
    grep -q '^LLVMFuzzerCustomMutator(' "fuzz/${target}_fuzz.c" || return 0
    library=$place/afl/fuzz/${target}_afl.so
    ${HOST_CC:-clang} -std=c11 -O2 -fPIC -shared -fvisibility=hidden -ffunction-sections \
        -Wl,--gc-sections -Iengine -I. -o "$library" fuzz/custom_afl.c \
        "fuzz/${target}_fuzz.c" fuzz/*_mutator.c fuzz/wal_pieces.c fuzz/table_make.c \
        fuzz/folder.c $(ls engine/format/*.c engine/base/*.c | grep -v '_test\.c$')
    echo "$library"
}

# run_ENGINE: a finding is a status that is not 0.
run_libfuzzer() {
    "$place/libfuzzer/fuzz/${target}_fuzz" -max_total_time="$turn_seconds" \
        -timeout=$hang_seconds -report_slow_units=10 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$found/" ${dictionary:+-dict="$dictionary"} "$shared"
}

run_afl() {
    out=$found.afl
    rm -rf "$out"
    library=$(mutator)
    env ${library:+AFL_CUSTOM_MUTATOR_LIBRARY="$library"} AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_FAST_CAL=1 \
        afl-fuzz -V "$turn_seconds" -t 5000+ ${dictionary:+-x "$dictionary"} -i "$shared" \
        -o "$out" -- "$place/afl/fuzz/${target}_fuzz"
    grep -E '^execs_done' "$out/default/fuzzer_stats"
    keep_afl queue "$shared/afl"
    keep_afl hangs "$found/slow-unit"
    keep_afl crashes "$found/crash"
    [ -z "$(ls "$out/default/crashes")" ]
}

# keep_afl FOLDER TO: AFL's names hold colons and commas; contents name a file well enough.
keep_afl() {
    find "$out/default/$1" -name 'id*' -exec cksum {} + |
        while read -r sum size input; do
            cp "$input" "$2-$sum-$size"
        done
}

# merge: what the turn before it reached, from as few inputs.
merge() {
    [ -x "$place/libfuzzer/fuzz/${target}_fuzz" ] || return 0
    rm -rf "$shared.few"
    mkdir -p "$shared.few"
    "$place/libfuzzer/fuzz/${target}_fuzz" -merge=1 -timeout=$hang_seconds -max_len=65536 \
        "$shared.few" "$shared" >"$shared.merge" 2>&1 || return 0
    rm -rf "$shared"
    mv "$shared.few" "$shared"
}

# processor: seconds of the processor that this script's children took, in $log.times.
processor() {
    awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4 + 0.5) }' \
        "$log.times"
}

# number WHICH SCRIPT: what a line of the log says, the first or the last that does, or `-`.
number() {
    said=$(sed -n "$2" "$log" | "$1" -n 1)
    echo "${said:--}"
}

if [ "$engine" = merge ]; then
    merge
    exit 0
fi

began=$(date +%s)
touch "$log.began"
verdict=held
"run_$engine" >"$log" 2>&1 || verdict=broken
times >"$log.times"
wall=$(($(date +%s) - began))
executions=$(number tail 's/^stat::number_of_executed_units: *//p; s/^execs_done *: *//p')
before=$(number head 's/.*INITED *cov: \([0-9]*\) .*/\1/p')
after=$(number tail 's/.* cov: \([0-9]*\) .*/\1/p')

suspects=$(find "$found" -type f -newer "$log.began")
if [ -n "$suspects" ]; then
    sh fuzz/triage.sh "$target" $suspects || verdict=broken
fi
if [ "$verdict" = broken ]; then
    tail -n 15 "$log" | sed 's/^/    /'
fi
[ "$engine" = libfuzzer ] || merge
inputs=$(ls "$shared" | wc -l)
echo "$(date +%H:%M:%S) $target, $engine, $wall s: $executions executions," \
    "$after edges, $inputs inputs, $verdict"
echo "$target $engine $wall $(processor) $executions $before $after $inputs $verdict" \
    >>"$place/fuzzing/tally"
[ "$verdict" = held ]
