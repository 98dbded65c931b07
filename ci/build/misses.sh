# misses.sh RESULTS.json [HOLDFAST-BENCH OPTION...] - names the rows beyond their limits that
# ci/bench_misses does not know; fails if there are any.
#
# With a program, a row is measured up to twice more, and is beyond its limit if it was each
# time: a limit says what the engine can do, and a neighbour of this machine nothing about that.

set -eu
results=$1
shift
scratch=$BUILD/log/misses

# slow FILE: the names of its rows that are beyond their limits.
slow() {
    sed -n 's/^{"name": "\([^"]*\)".*"verdict": "slow".*/\1/p' "$1"
}

slow "$results" >"$scratch.slow"
sed -n 's/^\([a-z][^ ]*\) .*/\1/p' ci/bench_misses >"$scratch.known"
grep -vxF -f "$scratch.known" "$scratch.slow" >"$scratch.seen" || true
: >"$scratch.new"
while read -r row; do
    again=0
    while [ $# -gt 0 ] && [ "$again" -lt 2 ]; do
        again=$((again + 1))
        "$@" --filter "$row" --json --out "$scratch.again" </dev/null || true
        [ -n "$(slow "$scratch.again")" ] || continue 2
    done
    echo "$row" >>"$scratch.new"
done <"$scratch.seen"
rows=$(grep -c '^{"name"' "$results" || true)
if [ -s "$scratch.new" ]; then
    echo "of $rows rows beyond their limits: $(tr '\n' ' ' <"$scratch.new")"
    exit 1
fi
[ "$rows" -gt 0 ] || exit 1
echo "$rows rows, $(grep -cxF -f "$scratch.known" "$scratch.slow" || true) of them known" \
    "misses beyond their limits"
