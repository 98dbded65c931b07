#!/bin/sh
#
# fuzz.sh TARGET...|--all [--engine libfuzzer|afl|both] [--time TIME] [--turn TIME] [--jobs N] -
# looks for inputs that break a target, beginning from its corpus.
#
# TARGET is the X of fuzz/X_fuzz.c. Each target gets TIME with each engine (seconds, or with s,
# m or h behind; 60), in turns (of at most 10 minutes, fuzz/turn.sh), N targets at once (1), so
# that a campaign that is cut short has been everywhere. All share one corpus, BUILD/fuzzing/X:
# what an engine finds the other begins from. What breaks a target is left in BUILD/found/X and
# sorted by signature (fuzz/triage.sh); the campaign goes on and says so in the end by its
# status, below a table of what each target came to (fuzz/tally.awk).

set -eu
. ci/build/common.sh

engine=libfuzzer
time=60
turn=600
jobs=1
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
    --engine | --time | --turn | --jobs)
        [ $# -ge 2 ] || die "fuzz: $1 needs a value"
        case $1 in
        --engine) engine=$2 ;;
        --time) time=$(seconds "$2") ;;
        --turn) turn=$(seconds "$2") ;;
        --jobs) jobs=$(echo "$2" | sed -n '/^[1-9][0-9]*$/p') ;;
        esac
        [ -n "$jobs" ] || die "fuzz: --jobs: '$2' is no number of targets; say 1 or more"
        [ "${time:-0}" -gt 0 ] && [ "${turn:-0}" -gt 0 ] ||
            die "fuzz: $1: '$2' is no time; say 90, 90s, 10m or 8h"
        shift
        ;;
    -*) die "fuzz: no option '$1'; there are --all, --engine, --time, --turn and --jobs" ;;
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

shared=$BUILD/fuzzing
tally=$shared/tally

# compile ENGINE: every target, in a build folder of the engine's own.
compile() {
    case $1 in
    libfuzzer) need clang clang && compiler=clang ;;
    afl) need afl-clang-fast afl++ && compiler=afl-clang-fast ;;
    esac
    BUILD=$BUILD/$1 CC=$compiler FUZZ_ENGINE=$1 sh ci/build/make.sh fuzz
}

# turns ENGINE SECONDS: one of each target; a turn that found something says so in the tally.
turns() {
    taken=$((taken + $(echo $targets | wc -w)))
    printf '%s\n' $targets | xargs -P "$jobs" -I TARGET sh fuzz/turn.sh TARGET "$@" || true
}

for one in $engines; do
    compile "$one"
done
mkdir -p "$shared"
rm -f "$tally"
for target in $targets; do
    mkdir -p "$BUILD/found/$target" "$shared/$target"
    cp "fuzz/corpus/$target/"* "$shared/$target/"
done
spent=0 taken=0
while [ "$spent" -lt "$time" ]; do
    now=$((time - spent < turn ? time - spent : turn))
    for one in $engines; do
        turns "$one" "$now"
    done
    spent=$((spent + now))
done
printf '%s\n' $targets | xargs -P "$jobs" -I TARGET sh fuzz/turn.sh TARGET merge 0
awk -v turns="$taken" -f fuzz/tally.awk "$tally" ||
    die "fuzz: something was found: see $BUILD/found and fuzz/findings"
echo "no finding in $time s of each of:$(echo " $targets" | tr -s ' ')"
