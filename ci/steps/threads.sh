# threads - the tests that have more than one thread, under the thread sanitiser: those that
# start one, and those that open a database, which starts one, unless they say that they do not
# want it. The simulator has one thread. And what the sanitiser is there for it must notice: who
# stops readers and, by a planted mistake, does not wait for them.

set -eu
export BUILD="$BUILD/threads" SANITIZE=thread TAGS=test
mkdir -p "$BUILD/log"
ONLY=$(find engine bench -name '*_test.c' |
    xargs grep -lE 'hf_thread_start|pthread_create|hf_open\(' |
    xargs grep -L 'flags = HF_SINGLE_THREAD' | sed 's,.*/\(.*\)\.c$,\1,')
export ONLY
sh ci/steps/unit.sh

planted=$BUILD/readers_planted
$CC -std=c11 -g -O1 -pthread -Iengine -fsanitize=thread -DHF_PLANTS -o "$planted" \
    engine/memory/readers_test.c engine/memory/readers.c \
    "$BUILD/obj/check/libposix.a" "$BUILD/obj/check/libengine.a"
if "$planted" >"$planted.log" 2>&1 || ! grep -q 'data race' "$planted.log"; then
    echo 'readers_not_awaited: the thread sanitiser saw no race in readers_test'
    cat "$planted.log"
    exit 1
fi
echo 'and the planted readers_not_awaited is caught'
