# shrink_plants.sh [FOLDER] - shrinks the first failing run of each plant, gives the median.
#
# For each planted bug: the seed that `plants` meets it with, shrunk; how many events are left
# (operations and faults), of how many, and in what time. With FOLDER the scenarios are kept
# there, one a plant. The last line is the median; it fails if that is above 10 events, if a
# plant takes a minute, or if a scenario that was written holds.
#
# From the root of the tree, after ./build.sh: sh ci/long/shrink_plants.sh

set -eu
BUILD=${BUILD:-build}
sim=$BUILD/bin/holdfast-sim
folder=${1:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ -z "$folder" ] || mkdir -p "$folder"

# member NAME: of the JSON line on stdin, without its quotes; of the outermost object.
member() {
    sed 's/"before":{[^}]*}//' | sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"
}

# What differs between two runs of one seed has no run that fails by itself.
"$sim" plants --json | grep '"caught":true' | grep -v '"property":"deterministic"' \
    >"$scratch/plants"
printf '%-28s %-28s %7s %7s %6s %8s\n' plant scenario before events draws seconds
while read -r line; do
    plant=$(echo "$line" | member plant)
    reproduce=$(echo "$line" | sed -n 's/.*"reproduce":"holdfast-sim replay \([^"]*\)".*/\1/p')
    status=0
    # The words of the line are a path, --seed, a number, --plant and a name.
    # shellcheck disable=SC2086
    "$sim" shrink $reproduce --json -o "$scratch/$plant.scn" >"$scratch/out" || status=$?
    [ "$status" -eq 1 ] || { echo "$plant: shrink ended with status $status" && exit 1; }
    [ -z "$folder" ] || cp "$scratch/$plant.scn" "$folder/"
    events=$(member events <"$scratch/out")
    seconds=$(member seconds <"$scratch/out")
    before=$(sed -n 's/.*"before":{"operations":\([0-9]*\),"faults":\([0-9]*\).*/\1 \2/p' \
        "$scratch/out" | awk '{ print $1 + $2 }')
    printf '%-28s %-28s %7s %7s %6s %8s\n' "$plant" "$(member scenario <"$scratch/out")" \
        "$before" "$events" "$(member draws <"$scratch/out")" "$seconds"
    echo "$events $seconds" >>"$scratch/all"
done <"$scratch/plants"

sort -n "$scratch/all" | awk '
    { events[NR] = $1; total += $2; if ($2 > slowest) slowest = $2 }
    END {
        median = events[int((NR + 1) / 2)]
        printf "%d plants: a median of %d events, at most %d; %.1f s each, at most %.1f s\n",
            NR, median, events[NR], total / NR, slowest
        exit median > 10 || slowest > 60
    }'
