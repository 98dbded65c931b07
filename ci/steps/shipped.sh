# shipped - what is tested is what ships: the release objects, linked with the simulated
# machine, leave the same trace as the simulator's own, run for run.

set -eu
sh ci/build/make.sh sim
scratch=$BUILD/log/shipped
sh ci/build/hashes.sh "$BUILD/bin/holdfast-sim" 1..8 >"$scratch.storm"
sh ci/build/hashes.sh "$BUILD/bin/holdfast-sim-release" 1..8 >"$scratch.release"
[ -s "$scratch.storm" ]
diff "$scratch.storm" "$scratch.release"
echo "$(wc -l <"$scratch.storm") runs with equal hashes"
