# gates - each gate of holdfast-bench can fail: with a planted mistake that only costs, the
# limits, the baseline of times and each kind of count break, and without one they hold.

set -eu
. ci/build/common.sh

need valgrind valgrind
sh ci/build/make.sh planted
bench=$BUILD/bin/holdfast-bench-planted
d=$BUILD/log/gates.d
rm -rf "$d"
mkdir -p "$d"
caught=0

# status N COMMAND...: it must end with status N; what it printed is in out.
status() {
    wanted=$1
    shift
    got=0
    "$bench" "$@" --dir "$d" >"$d/out" 2>&1 || got=$?
    [ "$got" -eq "$wanted" ] || {
        echo "holdfast-bench-planted $*: status $got, not $wanted"
        cat "$d/out"
        exit 1
    }
}

# broken WORDS: the last comparison named it.
broken() {
    grep -q "^WORSE .*$1" "$d/out" || {
        echo "nothing about '$1' in:"
        cat "$d/out"
        exit 1
    }
    caught=$((caught + 1))
}

put='--smoke --tier ci --filter kv/put/memory'
status 0 storage $put
status 1 storage $put --plant cost_time
grep -q 'SLOW' "$d/out"
caught=$((caught + 1))

status 0 compare "$d/time.json" $put --accept --why 'for this step'
grep -q '"accepted": {"why": "for this step", "when": "2.*"commit": "' "$d/time.json"
status 0 compare "$d/time.json" $put
status 1 compare "$d/time.json" $put --plant cost_time
broken 'kv/put/memory'

status 0 compare "$d/counts.json" --accept --why 'for this step'
status 0 compare "$d/counts.json"
status 1 compare "$d/counts.json" --plant cost_code
broken instructions
for plant in allocation:allocations call:system_calls write:bytes_written sync:syncs; do
    status 1 compare "$d/counts.json" --no-instructions --plant "cost_${plant%:*}"
    broken "${plant#*:}"
done
rm -rf "$d"
echo "$caught gates failed as they must, and held without a plant"
