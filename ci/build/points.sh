# points.sh - what the steps share that try the manners of a program: each point is judged, all
# are told, and the step fails at the end. Sourced, with the program in $program; what it makes
# goes into the folder $d.

points=0
failed=0
rm -rf "$d"
mkdir -p "$d"

# point NAME: judges the command before it.
point() {
    held=$?
    points=$((points + 1))
    if [ "$held" -ne 0 ]; then
        echo "not ok: $1"
        failed=$((failed + 1))
    fi
}

# status N WORD...: whether the program ends with status N; what it printed is in out and err.
status() {
    wanted=$1
    shift
    got=0
    "$program" "$@" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || {
        echo "${program##*/} $*: status $got, not $wanted"
        cat "$d/err"
        return 1
    }
}

# said WORDS: whether standard error is one line that has them.
said() {
    [ "$(wc -l <"$d/err")" -eq 1 ] && grep -qF -e "$1" "$d/err"
}

# points_done: hands the sums to test.sh, and stops where a point failed.
points_done() {
    echo "$((points - failed)) $failed" >"$POINTS"
    [ "$failed" -eq 0 ] || exit 1
}
