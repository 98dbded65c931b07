# compilers - a run is a function of scenario and seed: clang or gcc, -O0 or -O2, with or
# without sanitisers, one job or several, over poisoned memory, on a big-endian machine, the
# trace is the same. Also, all of it compiles with clang, which is stricter than gcc about
# results that are dropped.

set -eu
. ci/build/common.sh

need clang clang
need s390x-linux-gnu-gcc gcc-s390x-linux-gnu
need /usr/s390x-linux-gnu/include/stdio.h libc6-dev-s390x-cross
need qemu-s390x qemu-user
scratch=$BUILD/log/compilers
seeds=1..4

# same NAME: fails if the hashes in $scratch.NAME are not those of the usual build.
same() {
    diff "$scratch.usual" "$scratch.$1" || {
        echo "$1: another trace"
        exit 1
    }
}

sh ci/build/make.sh sim
sh ci/build/hashes.sh "$BUILD/bin/holdfast-sim" "$seeds" >"$scratch.usual"
[ -s "$scratch.usual" ]
JOBS=1 sh ci/build/hashes.sh "$BUILD/bin/holdfast-sim" "$seeds" >"$scratch.one-job"
same one-job
MALLOC_PERTURB_=165 sh ci/build/hashes.sh "$BUILD/bin/holdfast-sim" "$seeds" \
    >"$scratch.poisoned"
same poisoned

# build_as NAME CC CFLAGS: builds the simulator otherwise and compares.
build_as() {
    BUILD=$BUILD/$1 CC=$2 CFLAGS=$3 sh ci/build/make.sh lib tool sim
    sh ci/build/hashes.sh "$BUILD/$1/bin/holdfast-sim" "$seeds" >"$scratch.$1"
    same "$1"
}
build_as clang clang ''
BUILD=$BUILD/clang CC=clang sh ci/build/make.sh bench
build_as unoptimised gcc '-O0 -U_FORTIFY_SOURCE'
build_as sanitised gcc '-O1 -U_FORTIFY_SOURCE -fsanitize=address,undefined'

# The other byte order, under emulation.
other=$BUILD/big-endian
BUILD=$other CC=s390x-linux-gnu-gcc LDFLAGS=-static sh ci/build/make.sh sim
printf '#!/bin/sh\nexec qemu-s390x %s/bin/holdfast-sim "$@"\n' "$other" >"$other/emulated"
chmod +x "$other/emulated"
sh ci/build/hashes.sh "$other/emulated" "$seeds" >"$scratch.big-endian"
same big-endian
echo "$(wc -l <"$scratch.usual") runs with equal hashes in 7 builds and ways"
