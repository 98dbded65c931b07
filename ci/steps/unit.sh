# unit - every *_test.c, built with the address and undefined-behaviour sanitisers.
#
# TAGS are those of the tests to run (ci/build/plan.awk), by default all; ONLY, if set, names
# those of them that are wanted. Each program runs in a scratch folder of its own. It passes if
# it exits 0 and its TAP is whole: the plan is there and names as many points as were made.

set -eu
TAGS=${TAGS:-test simtest}
sh ci/build/make.sh $TAGS
scratch=$BUILD/test/run
rm -rf "$scratch"
mkdir -p "$scratch"

for tag in $TAGS; do
    sed -n "s/^link $tag \\([^ ]*\\).*/\\1/p" "$BUILD/obj/plan"
done | LC_ALL=C sort >"$scratch/all"
awk 'BEGIN { count = split(ENVIRON["ONLY"], names); for (i in names) wanted[names[i]] }
    { name = $0; sub(/.*\//, "", name) } count == 0 || name in wanted' \
    "$scratch/all" >"$scratch/programs"
xargs -n 1 -P "$JOBS" sh ci/build/run_test.sh "$scratch" <"$scratch/programs"

failed=0
while read -r program; do
    name=${program##*/}
    awk -v name="$name" -v status="$(cat "$scratch/$name/status")" \
        -f ci/build/tap.awk "$scratch/$name/out" >"$scratch/$name/verdict" || failed=1
    cat "$scratch/$name/verdict"
    grep -q '^fine' "$scratch/$name/verdict" || tail -n 60 "$scratch/$name/err"
done <"$scratch/programs"

awk '/^(fine|FAILED) / { passed += $(NF - 3); failed += $(NF - 1) }
    END { print passed + 0, failed + 0 }' "$scratch"/*/verdict >"$POINTS"
echo "$(wc -l <"$scratch/programs") programs, $(cut -d ' ' -f 1 "$POINTS") points"
exit "$failed"
