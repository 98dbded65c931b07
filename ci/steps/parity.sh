# parity - the simulator's file system behaves as the real one: where no fault strikes, each
# call of the engine, made on real files too, has the same answer, and leaves the same bytes.
# Where one strikes, the comparison says so.

set -eu
. ci/build/common.sh
scratch=$BUILD/log/parity
rm -rf "$scratch.files"
mkdir -p "$scratch.files"
sh ci/build/make.sh sim parity

# results PROGRAM SEEDS FILE...: a line a run, its hash in it.
results() {
    program=$1 seeds=$2
    shift 2
    TMPDIR=$scratch.files "$program" run --seeds "$seeds" --jobs "$JOBS" --doubled 0/1 \
        --no-chances --json --out "$scratch.out" "$@" || return $?
    grep '"scenario"' "$scratch.out"
}

calm=$(find scenarios -name '*.scn' | LC_ALL=C sort | xargs grep -L '^fault\|^at ')
results "$BUILD/bin/holdfast-sim" 1..3 $calm >"$scratch.usual"
results "$BUILD/bin/holdfast-sim-parity" 1..3 $calm >"$scratch.mirrored"
diff "$scratch.usual" "$scratch.mirrored"

if results "$BUILD/bin/holdfast-sim-parity" 1..1 scenarios/space/write_errors.scn \
    >/dev/null 2>"$scratch.said"; then
    echo 'a write that failed on one side only went unnoticed'
    exit 1
fi
grep -q '^holdfast-sim-parity: ' "$scratch.said"
rm -rf "$scratch.files"
echo "$(wc -l <"$scratch.usual") runs made the same calls and left the same bytes on real files"
