#!/bin/sh
#
# triage.sh TARGET FILE|FOLDER... - sorts what broke a target by its signature, and keeps of
# each the smallest input.
#
# A signature is the assertion that failed, the property that `sim` says is broken, what the
# sanitiser says with the three innermost functions of ours, or `slow`: more than SLOW seconds
# of processor time, which no input may take however much else the machine does. The inputs go
# to fuzz/findings/TARGET/SIGNATURE, with what was printed beside; another folder for that is
# FINDINGS in the environment. Mended, one goes to fuzz/corpus/TARGET/found-NAME, where the step
# fuzz is its unit test. Status 1 if something breaks the target. Run from the root of the tree.

set -eu
. ci/build/common.sh

BUILD=${BUILD:-build}
CC=${CC:-gcc}
JOBS=${JOBS:-2}
export BUILD CC JOBS
[ $# -ge 2 ] || die 'triage: name a target and files'
SLOW=20
target=$1
shift
[ -f "fuzz/${target}_fuzz.c" ] || die "triage: no target '$target'"
sh ci/build/make.sh fuzz
program=$BUILD/fuzz/${target}_fuzz
findings=${FINDINGS:-fuzz/findings}/$target
log=$BUILD/log/triage-$target
mkdir -p "$BUILD/log"
count=0

# signature: of the output in $log, a word that can be a file's name.
signature() {
    [ "$(kill -l "$status" 2>/dev/null)" != XCPU ] || { echo slow && return; }
    line=$(sed -n 's|^\(.*\):\([0-9]*\): Holdfast is wrong: .*|\1-\2|p' "$log" | head -n 1)
    [ -n "$line" ] ||
        line=$(sed -n 's/^broke /broke-/p; s/^  expected: //p' "$log" | tr '\n' ' ')
    if [ -z "$line" ]; then
        kind=$(sed -n 's/.*ERROR: [A-Za-z]*Sanitizer: \([A-Za-z-]*\).*/\1/p
            s/.*runtime error: \([a-z -]*\).*/\1/p' "$log" | head -n 1)
        ours='\(.*\/\)\{0,1\}\(engine\|sim\|fuzz\)\/[^:]*\.c:[0-9].*'
        frames=$(sed -n "s/^ *#[0-9]* 0x[0-9a-f]* in \([a-z_]*\) $ours/\1/p" "$log" |
            head -n 3)
        line=$(echo "${kind:-broken}" $frames)
    fi
    echo "$line" | tr -c 'A-Za-z0-9_\n-' '-' | tr -s '-'
}

find "$@" -type f | LC_ALL=C sort >"$log.files"
while read -r file; do
    status=0
    (
        ulimit -S -t $SLOW
        ASAN_OPTIONS=handle_abort=1 exec "$program" "$file"
    ) >"$log" 2>&1 || status=$?
    [ "$status" -ne 0 ] || continue
    name=$(signature)
    mkdir -p "$findings"
    kept=$findings/$name
    if [ ! -f "$kept" ] || [ "$(wc -c <"$file")" -lt "$(wc -c <"$kept")" ]; then
        cp "$file" "$kept"
        cp "$log" "$kept.txt"
    fi
    count=$((count + 1))
done <"$log.files"
echo "$target: $(wc -l <"$log.files") files, $count still break it," \
    "$(find "$findings" -type f ! -name '*.txt' 2>/dev/null | wc -l) signatures in $findings"
[ "$count" -eq 0 ]
