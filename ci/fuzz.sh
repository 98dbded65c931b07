#!/bin/sh
#
# fuzz.sh TARGET...|--all [--engine libfuzzer|afl|both] [--time TIME] [--turn TIME] - looks for
# inputs that break a target, beginning from its corpus.
#
# TARGET is the X of fuzz/X_fuzz.c. Each target gets TIME with each engine (seconds, or with s,
# m or h behind; 60), in turns (of at most 10 minutes), one target after the other, so that a
# campaign that is cut short has been everywhere. All share one corpus, BUILD/fuzzing/X: what an
# engine finds the other begins from, and after its turn it is merged down to as few inputs as
# reach the same. What breaks a target is left in BUILD/found/X and sorted by signature
# (fuzz/triage.sh); the campaign goes on and says so in the end by its status.

set -eu
. ci/build/common.sh

engine=libfuzzer
time=60
turn=600
targets=
known=$(ls fuzz/*_fuzz.c | sed 's|fuzz/\(.*\)_fuzz.c|\1|' | tr '\n' ' ')

# seconds TIME: its seconds, or nothing.
seconds() {
    case $1 in
    *[!0-9smh]* | *[smh]?* | [smh]*) ;;
    *h) echo $((${1%h} * 3600)) ;;
    *m) echo $((${1%m} * 60)) ;;
    *) echo "${1%s}" ;;
    esac
}

while [ $# -gt 0 ]; do
    case $1 in
    --all) targets=$known ;;
    --engine | --time | --turn)
        [ $# -ge 2 ] || die "fuzz: $1 needs a value"
        case $1 in
        --engine) engine=$2 ;;
        --time) time=$(seconds "$2") ;;
        --turn) turn=$(seconds "$2") ;;
        esac
        [ "${time:-0}" -gt 0 ] && [ "${turn:-0}" -gt 0 ] ||
            die "fuzz: $1: '$2' is no time; say 90, 90s, 10m or 8h"
        shift
        ;;
    -*) die "fuzz: no option '$1'; there are --all, --engine, --time and --turn" ;;
    *)
        [ -f "fuzz/$1_fuzz.c" ] || die "fuzz: no target '$1'; there are: $known"
        targets="$targets $1"
        ;;
    esac
    shift
done
[ -n "$targets" ] || die 'fuzz: name a target, or --all'

case $engine in
libfuzzer | afl) engines=$engine ;;
both) engines='libfuzzer afl' ;;
*) die "fuzz: no engine '$engine'; there are libfuzzer, afl and both" ;;
esac

found=$BUILD/found
shared=$BUILD/fuzzing
top=$BUILD
findings=0

# ---- building --------------------------------------------------------------------------------

# compile ENGINE: every target, in a build folder of the engine's own.
compile() {
    case $1 in
    libfuzzer) need clang clang && compiler=clang ;;
    afl) need afl-clang-fast afl++ && compiler=afl-clang-fast ;;
    esac
    BUILD=$top/$1 CC=$compiler FUZZ_ENGINE=$1 sh ci/build/make.sh fuzz
}

# mutator TARGET: the target's own mutator, where it has one, as the shared object that afl-fuzz
# loads. It runs inside afl-fuzz, so nothing of it is instrumented; what of the target it does
# not need is left out.
mutator() {
    grep -q '^LLVMFuzzerCustomMutator(' "fuzz/$1_fuzz.c" || return 0
    ${HOST_CC:-clang} -std=c11 -O2 -fPIC -shared -fvisibility=hidden -ffunction-sections \
        -Wl,--gc-sections -Iengine -I. -o "$top/afl/fuzz/$1_afl.so" fuzz/custom_afl.c \
        "fuzz/$1_fuzz.c" fuzz/*_mutator.c fuzz/wal_pieces.c fuzz/table_make.c fuzz/folder.c \
        $(ls engine/format/*.c engine/base/*.c | grep -v '_test\.c$')
    echo "$top/afl/fuzz/$1_afl.so"
}

# ---- a turn ----------------------------------------------------------------------------------

# run_ENGINE TARGET SECONDS: a finding is a status that is not 0.
run_libfuzzer() {
    "$top/libfuzzer/fuzz/$1_fuzz" -max_total_time="$2" -timeout=10 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$found/$1/" ${dictionary:+-dict="$dictionary"} \
        "$shared/$1"
}

run_afl() {
    library=$(mutator "$1")
    rm -rf "$found/$1.afl"
    env ${library:+AFL_CUSTOM_MUTATOR_LIBRARY="$library"} AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_FAST_CAL=1 \
        afl-fuzz -V "$2" -t 5000+ ${dictionary:+-x "$dictionary"} -i "$shared/$1" \
        -o "$found/$1.afl" -- "$top/afl/fuzz/$1_fuzz"
    grep -E '^(execs_done|execs_per_sec|bitmap_cvg)' "$found/$1.afl/default/fuzzer_stats"
    # Its names hold colons and commas; contents name a file well enough.
    for input in "$found/$1.afl"/default/queue/id* "$found/$1.afl"/default/crashes/id*; do
        [ -f "$input" ] || continue
        case $input in
        */crashes/*) to=$found/$1/crash ;;
        *) to=$shared/$1/afl ;;
        esac
        cp "$input" "$to-$(cksum <"$input" | tr ' ' '-')"
    done
    [ -z "$(ls "$found/$1.afl"/default/crashes/ 2>/dev/null)" ]
}

# merge TARGET: as few inputs of the shared corpus as reach the same.
merge() {
    [ -x "$top/libfuzzer/fuzz/$1_fuzz" ] || return 0
    rm -rf "$shared/$1.few"
    mkdir -p "$shared/$1.few"
    "$top/libfuzzer/fuzz/$1_fuzz" -merge=1 -timeout=10 -max_len=65536 "$shared/$1.few" \
        "$shared/$1" >"$shared/$1.merge" 2>&1 || return 0
    rm -rf "$shared/$1"
    mv "$shared/$1.few" "$shared/$1"
}

# take_turn TARGET ENGINE SECONDS: one line of what came of it.
take_turn() {
    dictionary=fuzz/$1.dict
    [ -f "$dictionary" ] || dictionary=
    log=$shared/$1.$2
    status=0
    "run_$2" "$1" "$3" >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p; s/^execs_done *: *//p' \
        "$log" | tail -n 1)
    coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1 edges/p; s/^bitmap_cvg *: *//p' "$log" |
        tail -n 1)
    [ "$2" = libfuzzer ] || merge "$1"
    echo "$(date +%H:%M:%S) $1, $2, $3 s: ${executions:-no} executions, ${coverage:-nothing}" \
        "reached, $(ls "$shared/$1" | wc -l) inputs$([ "$status" -eq 0 ] || echo ', BROKEN')"
    [ "$status" -eq 0 ] || {
        findings=$((findings + 1))
        sed 's/^/    /' "$log" | tail -n 15
        sh fuzz/triage.sh "$1" "$found/$1"
    }
}

for one in $engines; do
    compile "$one"
done
for target in $targets; do
    mkdir -p "$found/$target" "$shared/$target"
    cp "fuzz/corpus/$target/"* "$shared/$target/"
done
spent=0
while [ "$spent" -lt "$time" ]; do
    now=$((time - spent < turn ? time - spent : turn))
    for target in $targets; do
        for one in $engines; do
            take_turn "$target" "$one" "$now"
        done
    done
    spent=$((spent + now))
done
for target in $targets; do
    merge "$target"
done
[ "$findings" -eq 0 ] ||
    die "fuzz: $findings turns were broken off: see $found and fuzz/findings"
echo "no finding in $time s of each of:$(echo " $targets" | tr -s ' ')"
