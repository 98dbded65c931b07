# threads - the engine's and the tool's unit tests once more, under the thread sanitiser.

set -eu
export BUILD="$BUILD/threads" SANITIZE=thread
mkdir -p "$BUILD/log"
sh ci/steps/unit.sh
