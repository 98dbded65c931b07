#!/bin/sh
#
# job.sh [PATH...] - one job of a campaign over many machines: its part of all runs.
#
# Which part that is, `--shard auto` reads from the variables of the job array or matrix; a
# SHARD=I/N in the environment says it by hand. A part that is done is not done again, so a
# campaign goes on where it was stopped. Then: finish.sh.
#
#   SEEDS=1..100000    instead of the scenarios' own; then expectations over sets are unmet
#   RESULTS=results    the folder, shared by all jobs or gathered afterwards
#   JOBS=N             processes of this job (default: one a core)
#   SIMULATOR=PATH     default build/bin/holdfast-sim

set -eu

results=${RESULTS:-results}
simulator=${SIMULATOR:-build/bin/holdfast-sim}
shard=${SHARD:-auto}
[ $# -gt 0 ] || set -- scenarios/
mkdir -p "$results"

# The name says which part it is, so that the job of a part that is done knows it.
name=$(echo "part-$shard" | tr / -)
if [ "$shard" = auto ]; then
    name=part-${SLURM_ARRAY_TASK_ID:-${JOB_COMPLETION_INDEX:-${CI_NODE_INDEX:-auto}}}
fi
[ ! -s "$results/$name.jsonl" ] || {
    echo "$results/$name.jsonl is there already"
    exit 0
}

# Under another name until it is whole: one of its own, since a cluster that has lost sight of a
# job starts it again while it still runs, with the same place, host name and process number. A
# property that broke is a result, not a failed job.
partial=$(mktemp "$results/$name.XXXXXX")
chmod a+r "$partial"
status=0
"$simulator" run ${SEEDS:+--seeds "$SEEDS"} ${JOBS:+--jobs "$JOBS"} --shard "$shard" \
    --json --out "$partial" "$@" || status=$?
[ "$status" -le 1 ] || exit "$status"
mv "$partial" "$results/$name.jsonl"
tail -n 1 "$results/$name.jsonl"
