# campaign - many jobs are as one: shards, run with any number of processes and merged in any
# order, are byte for byte what one process prints; and `merge` tells what it cannot put
# together. Mistakes in the command line are told so that they help.

set -eu
. ci/build/common.sh

sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
d=$BUILD/log/campaign.d
rm -rf "$d"
mkdir -p "$d"
seeds=1..40

# results NAME OPTION...: runs into $d/NAME.jsonl.
results() {
    name=$1
    shift
    "$simulator" run --seeds "$seeds" --json --out "$d/$name.jsonl" "$@" \
        scenarios/small scenarios/tables/calm.scn
}

# status N COMMAND...: whether it ends with status N; what it printed is in out and err.
status() {
    wanted=$1
    shift
    got=0
    "$simulator" "$@" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || {
        echo "holdfast-sim $*: status $got, not $wanted"
        cat "$d/err"
        exit 1
    }
}

# said WORDS: whether that line has them.
said() {
    grep -qF -e "$1" "$d/err" || {
        echo "not said: $1"
        cat "$d/err"
        exit 1
    }
}

# runs FILE: its lines without the summary, whose times differ.
runs() {
    grep -v '^{"summary"' "$1"
}

results whole --jobs 2
for i in 1 2 3; do
    results "part$i" --jobs "$i" --shard "$i/3"
done

# The second of three, as job arrays and matrices say it: from 1, from 0, from anywhere.
for place in 'CI_NODE_INDEX=2 CI_NODE_TOTAL=3' 'CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3' \
    'SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=7' \
    'JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=3' 'SGE_TASK_ID=2 SGE_TASK_LAST=3'; do
    env $place "$simulator" run --seeds "$seeds" --json --shard auto scenarios/small \
        scenarios/tables/calm.scn >"$d/auto.jsonl"
    runs "$d/auto.jsonl" >"$d/auto"
    runs "$d/part2.jsonl" | cmp - "$d/auto"
done
status 2 run --shard auto scenarios/small && said 'no job array'

"$simulator" merge --out "$d/merged.jsonl" "$d/part3.jsonl" "$d/part1.jsonl" "$d/part2.jsonl" \
    2>"$d/err"
said 'HELD: '
runs "$d/whole.jsonl" >"$d/whole"
runs "$d/merged.jsonl" | cmp - "$d/whole"
cat "$d"/part?.jsonl "$d/whole.jsonl" | "$simulator" merge --json - >"$d/twice.jsonl"
runs "$d/twice.jsonl" | cmp - "$d/whole"
count=$(wc -l <"$d/whole")

# Half a campaign: expectations of sets are unmet and not failed; of whole ranges they count.
"$simulator" run --json --out "$d/set1.jsonl" --shard 1/2 scenarios/recovery/reopen.scn
"$simulator" run --json --out "$d/set2.jsonl" --shard 2/2 scenarios/recovery/reopen.scn
sed 's/"directives":{[^}]*}/"directives":{}/' "$d/set1.jsonl" >"$d/set1.idle.jsonl"
sed 's/"directives":{[^}]*}/"directives":{}/' "$d/set2.jsonl" >"$d/set2.idle.jsonl"
status 0 merge "$d/set1.jsonl" "$d/set2.jsonl"
status 0 merge "$d/set1.idle.jsonl"
status 1 merge "$d/set1.idle.jsonl" "$d/set2.idle.jsonl"
said 'expectations failed'

# The ready files: jobs leave their parts in a folder, one of them twice, then one finishes.
export RESULTS="$d/results" SIMULATOR="$simulator" SEEDS="$seeds" JOBS
for i in 1 2 3 2; do
    CI_NODE_INDEX=$i CI_NODE_TOTAL=3 sh ci/campaign/job.sh scenarios/small \
        scenarios/tables/calm.scn >"$d/out"
done
grep -q 'is there already' "$d/out"
sh ci/campaign/finish.sh >"$d/out" 2>"$d/err"
said 'HELD: 160 runs of 4 scenarios'
runs "$d/results/all.jsonl" | cmp - "$d/whole"
[ -s "$d/results/report.html" ]

# What cannot be put together.
status 2 merge "$d/none.jsonl" && said 'none.jsonl'
status 2 merge && said 'wants files'
: >"$d/empty.jsonl"
status 2 merge "$d/part1.jsonl" "$d/empty.jsonl" && said 'empty.jsonl: there is no result in it'
sed 's/"scenario":"[^"]*"/"scenario":"elsewhere"/' "$d/part1.jsonl" >"$d/other.jsonl"
status 2 merge "$d/other.jsonl" && said "other.jsonl:1: there is no scenario 'elsewhere'"
printf '{"scenario":"x",\n' >"$d/bad.jsonl"
status 2 merge "$d/bad.jsonl" && said 'bad.jsonl:1: column '
head -c 3000 "$d/part1.jsonl" >"$d/torn.jsonl"
status 0 merge "$d/torn.jsonl" && said 'has no summary'
sed 's/"hash":"[^"]*"/"hash":"00000000000000ff"/' "$d/part1.jsonl" >"$d/drift.jsonl"
status 3 merge "$d/part1.jsonl" "$d/drift.jsonl" && said 'nondeterminism'

# A mistaken command line.
status 2 --jsno run && said 'did you mean --json?'
status 2 replay && said 'usage: holdfast-sim replay FILE --seed N'
status 2 shrink && said 'usage: holdfast-sim shrink FILE --seed N'
status 2 shrink scenarios/small/strict_cut.scn && said 'wants --seed N'
for verb in 'shrink --seed 1' explore; do
    status 2 $verb scenarios/small/strict_cut.scn -o "$d/none/x.scn" && said 'cannot be written'
    [ ! -s "$d/out" ]
done
status 2 plants --without opns wal_skip_sync && said "did you mean 'opens'?"
status 2 plants --contract posix_wrst wal_skip_sync && said "did you mean 'posix_worst'?"
status 2 plants --baseline baselines/plants.json wal_skip_sync && said 'it goes with --matrix'
status 2 plants --matrix --baseline "$d/none" wal_skip_sync && said 'No such file' &&
    [ ! -s "$d/out" ]
status 2 run "$d/none" && said 'cannot be read: No such file'

# A file named - is standard output; --json of scenarios is JSON.
small='scenarios/small/strict_cut.scn --seed 1'
status 0 replay $small --save-tape - && grep -q '^holdfast-tape 1' "$d/out"
mv "$d/out" "$d/tape"
"$simulator" replay $small --save-tape "$d/tape2" >/dev/null
head -n "$(wc -l <"$d/tape2")" "$d/tape" | cmp - "$d/tape2"
"$simulator" replay $small --tape - <"$d/tape2" >/dev/null
one='scenarios/explore/one_commit.scn --plant recovery_refuse_torn'
status 1 explore $one -o - && grep -q '^plant  *recovery_refuse_torn' "$d/out"
status 1 explore $one --json -o "$d/found.scn" && grep -q '"text":"' "$d/out" &&
    grep -q '^plant  *recovery_refuse_torn' "$d/found.scn"
status 0 describe scenarios/small --json && [ "$(grep -cv '^{"scenario":"' "$d/out")" -eq 0 ]
cp "$d/part1.jsonl" "$d/kept.jsonl"
status 2 merge "$d/part1.jsonl" --out "$d/part1.jsonl" && said 'before it is read' &&
    cmp "$d/part1.jsonl" "$d/kept.jsonl"

rm -rf "$d"
echo "$count runs, in one process and in three jobs: the same bytes"
