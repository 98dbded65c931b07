# memory - what hf_stats tells of memory is what the system counts, to a twentieth.

set -eu
. ci/build/common.sh

sh ci/build/make.sh lib
scratch=$BUILD/log/memory.d
rm -rf "$scratch"
mkdir -p "$scratch"
$CC -std=c11 -O2 -Wall -Wextra -Werror -Iengine -o "$scratch/memory-user" \
    ci/build/memory_user.c "$BUILD/lib/libholdfast.a" -lpthread
status=0
"$scratch/memory-user" || status=$?
[ "$status" -ne 0 ] || "$scratch/memory-user" "$scratch/db" || status=$?
rm -rf "$scratch/db"
exit "$status"
