# bench - holdfast-bench: its manners, and every row once, for a few milliseconds each. What it
# reads is compared with what was put, and each figure with the limit of the ci tier.
#
# ci/bench_misses names the rows that are known to be beyond their limits, each with its reason;
# any other row beyond one fails the step.

set -eu
. ci/build/common.sh

sh ci/build/make.sh bench
bench=$BUILD/bin/holdfast-bench
program=$bench
d=$BUILD/log/bench.d
. ci/build/points.sh

set +e

# ---- manners
status 0 --help && grep -q '^usage' "$d/out" ; point '--help explains'
status 0 --version && grep -q "^holdfast-bench $(project_version)$" "$d/out" ; point '--version'
status 2 && said 'no verb' ; point 'a verb is needed'
status 2 storage --smoke --dir '' && said 'a folder is wanted'
point 'a folder without a name is not the root of the system'
status 2 storaeg && said 'did you mean storage?' ; point 'an unknown verb names the nearest'
status 2 all --fliter x && said 'did you mean --filter?' ; point 'so does an option'
status 2 --jsno && said 'did you mean --json?' && ! said 'holdfast-bench: holdfast-bench'
point 'and one without a verb'
status 2 all --tier fast && said 'production, parallel, local or ci' ; point 'tiers have names'
status 2 all --smoke --dir "$d" --filter no/such/row && said 'no/such/row'
point 'a filter that matches nothing is a mistake, not a success'
status 3 storage --smoke --dir "$d/none" && said "$d/none" ; point 'a missing folder is told'
status 2 ycsb --smoke --dir "$d" g && said "'g'" ; point 'YCSB has workloads a to f'
status 2 storage --smoke --dir "$d" --plant cost_time && said 'cost_time'
point 'what ships has no plants'
status 0 targets --json && grep -q '^{"row": "kv/get/memory/hot", "measure": ' "$d/out" &&
    tail -n 1 "$d/out" | grep -qF ']}'
point 'the table of targets is JSON where that is asked for'
"$bench" targets 2>"$d/err" >/dev/full ; [ $? -eq 3 ] && said 'cannot write'
point 'a full device is told'
mkdir "$d/place"
status 0 storage --smoke --tier ci --dir "$d/place" --filter 'kv/put/memory' --json \
    --out "$d/one.json" && [ ! -s "$d/out" ] && [ -z "$(ls "$d/place")" ]
point '--out takes what is printed, and no file is left where databases were made'
grep -q '"name": "kv/put/memory", "median_ns": [0-9.]*, "mean_ns"' "$d/one.json" &&
    grep -q '"tier": "ci"' "$d/one.json" && grep -q '"verdict": "ok"' "$d/one.json"
point 'JSON has the members that were promised'

# ---- baselines, as files
status 2 compare "$d/none.json" && said 'none.json' ; point 'a missing baseline is told'
status 2 compare "$d/one.json" --dir "$d" --accept && said '--why'
point '--accept needs --why'
status 0 compare "$d/one.json" "$d/one.json" && grep -q '1 compared, 0 worse' "$d/out"
point 'a run is no worse than itself'
sed 's/"ratio": [0-9.e-]*/"ratio": 1000000/' "$d/one.json" >"$d/slow.json"
status 1 compare "$d/one.json" "$d/slow.json" && grep -q '^WORSE kv/put/memory' "$d/out"
point 'a slower run is worse, and status 1'
sed 's/kv\/put\/memory/other/' "$d/one.json" >"$d/gone.json"
status 1 compare "$d/one.json" "$d/gone.json" ; point 'so is a row that is gone'
printf '{"schema": 1, "results": []}' >"$d/empty.json"
status 2 compare "$d/empty.json" "$d/one.json" && said 'no results'
point 'an empty baseline is refused'

# ---- every row
status=0
"$bench" all --smoke --tier ci --dir "$d" --json --out "$d/all.json" || status=$?
[ "$status" -le 1 ] ; point 'every row runs, and what it reads is right'
sh ci/build/misses.sh "$d/all.json" "$bench" all --smoke --tier ci --dir "$d" >"$d/misses"
point "limits: $(cat "$d/misses")"
[ "$(grep -c '^{"name"' "$d/all.json")" -gt 90 ] ; point 'there are rows'

points_done
echo "$points points; $(cat "$d/misses")"
