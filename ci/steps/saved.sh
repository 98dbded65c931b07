# saved - failures that were shrunk once keep their verdicts: each scenario of sim/saved/ holds,
# and with its planted bug it breaks the property that it names, whatever has changed since.
#
# A draw that nobody asks for any more is told, so that the scenario can be shrunk again; it is
# no failure.

set -eu
sh ci/build/make.sh sim
sim=$BUILD/bin/holdfast-sim

"$sim" run --jobs "$JOBS" sim/saved

plants=$(sed -n 's/^plant *\([a-z_]*\) .*/\1/p' sim/saved/*.scn)
# The names are words.
# shellcheck disable=SC2086
"$sim" plants --jobs "$JOBS" --scenarios sim/saved $plants

for scenario in sim/saved/*.scn; do
    plant=$(sed -n 's/^plant *\([a-z_]*\) .*/\1/p' "$scenario")
    "$sim" replay "$scenario" --plant "$plant" | grep 'nobody asked for' |
        sed "s|^|$scenario: |" || true
done
echo "$(echo "$plants" | wc -l) saved failures keep their verdicts"
