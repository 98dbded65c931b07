#!/bin/sh
#
# finish.sh [RESULTS] - the results of all jobs of a campaign become one file and one page.
#
# Ends as the campaign would have, had one process done all of it: 0 all held, 1 something
# broke.

set -eu

results=${1:-${RESULTS:-results}}
simulator=${SIMULATOR:-build/bin/holdfast-sim}
status=0
"$simulator" merge --out "$results/all.jsonl" "$results"/part-*.jsonl || status=$?
[ "$status" -le 1 ] || exit "$status"
"$simulator" report "$results/all.jsonl" -o "$results/report.html"
echo "$results/all.jsonl, $results/report.html"
exit "$status"
