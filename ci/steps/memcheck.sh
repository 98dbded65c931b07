# memcheck - valgrind finds no error and no leak in what ships: the tool over a small load, and
# a short run of the simulator with the release objects, whose uninitialised bytes no sanitiser
# of the other builds would show.

set -eu
. ci/build/common.sh

need valgrind valgrind
sh ci/build/make.sh lib tool sim
scratch=$BUILD/log/memcheck.d
rm -rf "$scratch"
mkdir -p "$scratch"

# check COMMAND...: under valgrind.
check() {
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        "$@" >"$scratch/out" 2>"$scratch/err" || {
        status=$?
        echo "$*: status $status"
        cat "$scratch/err"
        exit 1
    }
}

tool=$BUILD/bin/holdfast
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "key-%06d\tvalue %d\n", i * 7 % 2000, i }' \
    >"$scratch/in.tsv"
for mode in strict buffered; do
    check "$tool" load "$scratch/$mode" "$scratch/in.tsv" --mode "$mode" --batch 20
    check "$tool" scan "$scratch/$mode" --reverse
    check "$tool" get "$scratch/$mode" key-000007
    check "$tool" del "$scratch/$mode" key-000007
    check "$tool" verify "$scratch/$mode"
    check "$tool" dump "$scratch/$mode"
    check "$tool" stat "$scratch/$mode"
done
check "$BUILD/bin/holdfast-sim-release" run --seeds 1..1 --jobs 1 --doubled 0/1 scenarios/small
echo 'the tool in two modes, and the simulator over scenarios/small'
