# campaign - many jobs are as one: shards, run with any number of processes and merged in any
# order, are byte for byte what one process prints; and `merge` tells what it cannot put
# together. Mistakes in the command line are told so that they help.

set -eu
. ci/build/common.sh

sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
program=$simulator
d=$BUILD/log/campaign.d
. ci/build/points.sh
seeds=1..40

# results NAME OPTION...: runs into $d/NAME.jsonl.
results() {
    name=$1
    shift
    "$simulator" run --seeds "$seeds" --json --out "$d/$name.jsonl" "$@" \
        scenarios/small scenarios/tables/calm.scn
}

# runs FILE: its lines without the summary, whose times differ.
runs() {
    grep -v '^{"summary"' "$1"
}

# same FILE FILE: whether two files have the same runs.
same() {
    runs "$1" >"$d/runs.one"
    runs "$2" | cmp -s - "$d/runs.one"
}

set +e

# ---- shards
results whole --jobs 2 ; point 'a campaign runs'
for i in 1 2 3; do
    results "part$i" --jobs "$i" --shard "$i/3" ; point "a third of it runs, with $i jobs"
done
count=$(runs "$d/whole.jsonl" | wc -l)

# The second of three, as job arrays and matrices say it: from 1, from 0, from anywhere.
for place in 'CI_NODE_INDEX=2 CI_NODE_TOTAL=3' 'CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3' \
    'SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=7' \
    'JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=3' 'SGE_TASK_ID=2 SGE_TASK_LAST=3'; do
    env $place "$simulator" run --seeds "$seeds" --json --shard auto scenarios/small \
        scenarios/tables/calm.scn >"$d/auto.jsonl" && same "$d/auto.jsonl" "$d/part2.jsonl"
    point "--shard auto is the second third: $place"
done
status 2 run --shard auto scenarios/small && said 'no job array'
point '--shard auto wants one to read'

status 0 merge --out "$d/merged.jsonl" "$d/part3.jsonl" "$d/part1.jsonl" "$d/part2.jsonl" &&
    said 'HELD: ' && same "$d/merged.jsonl" "$d/whole.jsonl"
point 'parts merged in any order are the whole, byte for byte'
cat "$d"/part?.jsonl "$d/whole.jsonl" | "$simulator" merge --json - >"$d/twice.jsonl" &&
    same "$d/twice.jsonl" "$d/whole.jsonl" ; point 'a run that came twice counts once'

# Half a campaign: expectations of sets are unmet and not failed; of whole ranges they count.
for half in 1 2; do
    status 0 run --json --out "$d/set$half.jsonl" --shard "$half/2" \
        scenarios/recovery/reopen.scn ; point "half $half of a range runs"
    sed 's/"directives":{[^}]*}/"directives":{}/' "$d/set$half.jsonl" >"$d/idle$half.jsonl"
done
status 0 merge "$d/set1.jsonl" "$d/set2.jsonl" ; point 'both halves meet what is expected'
status 0 merge "$d/idle1.jsonl" ; point 'half a range fails no expectation'
status 1 merge "$d/idle1.jsonl" "$d/idle2.jsonl" && said 'expectations failed'
point 'a whole one in which nothing struck does'

# ---- the ready files: jobs leave their parts in a folder, one of them twice, then one finishes
export RESULTS="$d/results" SIMULATOR="$simulator" SEEDS="$seeds" JOBS
for i in 1 2 3 2; do
    CI_NODE_INDEX=$i CI_NODE_TOTAL=3 sh ci/campaign/job.sh scenarios/small \
        scenarios/tables/calm.scn >"$d/out" ; point "job $i of 3 leaves its part"
done
grep -q 'is there already' "$d/out" ; point 'a part that is there is not run again'
sh ci/campaign/finish.sh >"$d/out" 2>"$d/err" && said 'HELD: 160 runs of 4 scenarios' &&
    same "$d/results/all.jsonl" "$d/whole.jsonl" && [ -s "$d/results/report.html" ]
point 'finished, they are the whole, with a page'

# ---- what cannot be put together
status 2 merge "$d/none.jsonl" && said 'none.jsonl' ; point 'a missing file is named'
status 2 merge && said 'wants files' ; point 'merge wants files'
: >"$d/empty.jsonl"
status 2 merge "$d/part1.jsonl" "$d/empty.jsonl" && said 'empty.jsonl: there is no result in it'
point 'an empty file is no part'
sed 's/"scenario":"[^"]*"/"scenario":"elsewhere"/' "$d/part1.jsonl" >"$d/other.jsonl"
status 2 merge "$d/other.jsonl" && said "other.jsonl:1: there is no scenario 'elsewhere'"
point 'a scenario that is not here is named'
printf '{"scenario":"x",\n' >"$d/bad.jsonl"
status 2 merge "$d/bad.jsonl" && said 'bad.jsonl:1: column '
point 'what is no result is told with line and column'
head -c 3000 "$d/part1.jsonl" >"$d/torn.jsonl"
status 0 merge "$d/torn.jsonl" && grep -qF 'has no summary' "$d/err"
point 'a part that was cut short counts as far as it goes'
sed 's/"hash":"[^"]*"/"hash":"00000000000000ff"/' "$d/part1.jsonl" >"$d/drift.jsonl"
status 3 merge "$d/part1.jsonl" "$d/drift.jsonl" && grep -qF 'nondeterminism' "$d/err"
point 'one run with two hashes is told'
cp "$d/part1.jsonl" "$d/kept.jsonl"
status 2 merge "$d/part1.jsonl" --out "$d/part1.jsonl" && said 'before it is read' &&
    cmp "$d/part1.jsonl" "$d/kept.jsonl" ; point 'what is read is not written over'

# ---- a mistaken command line
status 2 --jsno run && said 'did you mean --json?' ; point 'an option names the nearest'
status 2 replay && said 'usage: holdfast-sim replay FILE --seed N' &&
    status 2 shrink && said 'usage: holdfast-sim shrink FILE --seed N'
point 'replay and shrink want a file'
status 2 plants --tries 3 wal_skip_sync && said 'goes with --matrix' &&
    status 2 plants --contract xfs --contract btrfs wal_skip_sync && said 'go with --matrix' &&
    status 2 plants --matrix --without opens wal_skip_sync && said 'one table or the other'
point 'what only a matrix does is refused where there is none'
status 2 report --json "$d/part1.jsonl" && said 'makes a page' ; point 'a page is no JSON'
status 0 run --time 8h --seeds 1..2 scenarios/small/strict_cut.scn ; point 'hours are a time'
status 3 run --doubled 1/1 --seeds 1..1 scenarios/sync/calm.scn --plant wal_salt_of_process
grep -qF 'run scenarios/sync/calm.scn --seeds 1..1 --doubled 1/1 --plant' "$d/out" "$d/err"
point 'what only a second run shows is reproduced by two'
status 2 shrink scenarios/small/strict_cut.scn && said 'wants --seed N'
point 'and shrink a seed'
for verb in 'shrink --seed 1' explore; do
    status 2 $verb scenarios/small/strict_cut.scn -o "$d/none/x.scn" &&
        said 'cannot be written' && [ ! -s "$d/out" ]
    point "$verb tells at once what it cannot write"
done
status 2 plants --without opns wal_skip_sync && said "did you mean 'opens'?"
point 'a property names the nearest'
status 2 plants --contract posix_wrst wal_skip_sync && said "did you mean 'posix_worst'?"
point 'so does a personality'
status 2 plants --baseline baselines/plants.json wal_skip_sync && said 'it goes with --matrix'
point 'a baseline is for the matrix'
status 2 plants --matrix --baseline "$d/none" wal_skip_sync && said 'No such file' &&
    [ ! -s "$d/out" ] ; point 'and must be there'
status 2 run "$d/none" && said 'cannot be read: No such file'
point 'a missing scenario is told'
mkdir -p "$d/other"
absolute=$(cd "$BUILD" && pwd)/bin/holdfast-sim
(cd "$d/other" && "$absolute" run) >"$d/out" 2>"$d/err"
[ $? -eq 2 ] && said "root of Holdfast's tree"
point 'where the folder of scenarios is, is told to who is elsewhere'

# ---- a file named - is standard output; --json of scenarios is JSON
small='scenarios/small/strict_cut.scn --seed 1'
status 0 replay $small --save-tape - && grep -q '^holdfast-tape 1' "$d/out" &&
    mv "$d/out" "$d/tape" && "$simulator" replay $small --save-tape "$d/tape2" >/dev/null &&
    head -n "$(wc -l <"$d/tape2")" "$d/tape" | cmp - "$d/tape2"
point 'a tape on standard output is the tape'
"$simulator" replay $small --tape - <"$d/tape2" >/dev/null ; point 'and is read from there'
one='scenarios/explore/one_commit.scn --plant recovery_refuse_torn'
status 1 explore $one -o - && grep -q '^plant  *recovery_refuse_torn' "$d/out"
point 'what explore finds goes to standard output'
status 1 explore $one --json -o "$d/found.scn" && grep -q '"text":"' "$d/out" &&
    grep -q '^plant  *recovery_refuse_torn' "$d/found.scn" ; point 'or into a file'
status 0 describe scenarios/small --json && [ "$(grep -cv '^{"scenario":"' "$d/out")" -eq 0 ]
point 'scenarios are described as JSON'

points_done
rm -rf "$d"
echo "$points points; $count runs, in one process and in three jobs: the same bytes"
