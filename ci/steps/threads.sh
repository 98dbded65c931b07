# threads - the tests that have more than one thread, under the thread sanitiser: those that
# start one, and those that open a database, which starts one, unless they say that they do not
# want it. The simulator has one thread.

set -eu
export BUILD="$BUILD/threads" SANITIZE=thread TAGS=test
mkdir -p "$BUILD/log"
ONLY=$(find engine bench -name '*_test.c' |
    xargs grep -lE 'hf_thread_start|pthread_create|hf_open\(' |
    xargs grep -L 'flags = HF_SINGLE_THREAD' | sed 's,.*/\(.*\)\.c$,\1,')
export ONLY
sh ci/steps/unit.sh
