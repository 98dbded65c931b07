# hashes.sh SIMULATOR SEEDS - one line a run: scenario, seed, verdict and trace hash, in order.
#
# Chances and plants are off, since the engine that ships has none.

set -eu

# member NAME: a sed script's pattern for one member of a flat JSON object, in order.
member() {
    printf '.*"%s": *"*\\([^",}]*\\)' "$1"
}

# A property that broke is for the storm to judge; here it is part of the trace.
status=0
"$1" run --no-chances --seeds "$2" --jobs "$JOBS" --doubled 0/1 --json \
    --out "$BUILD/log/hashes.jsonl" scenarios/ || status=$?
[ "$status" -le 1 ] || exit "$status"
sed -n "s/$(member scenario)$(member seed)$(member verdict)$(member hash).*/\1 \2 \3 \4/
    t found
    d
    :found
    p" "$BUILD/log/hashes.jsonl"
