# threads - the engine's and the tool's unit tests once more, under the thread sanitiser. The
# simulator has one thread.

set -eu
export BUILD="$BUILD/threads" SANITIZE=thread TAGS=test
mkdir -p "$BUILD/log"
sh ci/steps/unit.sh
