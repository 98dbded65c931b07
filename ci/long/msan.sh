# msan.sh - every unit test of the engine, the tool and the simulator under clang's memory
# sanitiser. CI does it to the codecs alone (ci/steps/msan.sh).
#
# From the root of the tree: sh ci/long/msan.sh

set -eu
export BUILD="${BUILD:-build}/msan-all" CC=clang JOBS="${JOBS:-2}" SANITIZE=memory
mkdir -p "$BUILD/log"
POINTS=$BUILD/log/points
export POINTS
sh ci/steps/unit.sh
