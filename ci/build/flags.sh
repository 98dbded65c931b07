# flags.sh - the compiler's flags, one set a variant. Sourced by make.sh.
#
#   release     what ships: libraries, tool, benchmarks
#   storm       the simulator, and the engine with marks, chances and plants in it, for speed:
#               it does without guards of the stack, since stormcheck sees more, and without
#               the guesses at what may be uninitialised, of which gcc has wrong ones at -O3
#   parity      only linked: the simulator with the calls between engine and machine wrapped
#   check       release with slow assertions, under the address and undefined sanitisers
#   stormcheck  storm, likewise
#   timing      release, in which every layer of the engine measures itself
#   planted     release, with the plants that a benchmark must notice
#   bench       how benchmarks are linked: calls of libc that allocate or enter the kernel go
#               through bench/counted.c; benchcheck is the same for their tests
#   tool        release, linked so that the tool's iotrace stands before the files' side of the
#               VFS
#
# With FUZZ_ENGINE set (by ci/fuzz.sh) the sanitised ones are made for a fuzzer; SANITIZE names
# other sanitisers for them.

WARNINGS='-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wwrite-strings -Wpointer-arith -Wundef -Werror'
HARDENING='-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong'
COMMON="-std=c11 -g -pthread -Iengine -I. -fvisibility=hidden $WARNINGS"
SANITIZERS="-fsanitize=${SANITIZE:-address,undefined} -fno-sanitize-recover=all
    -fno-omit-frame-pointer"

# Every function of libc by which the engine allocates or enters the kernel, and the clock.
WRAPPED='malloc calloc realloc mmap munmap madvise pread pwrite read write fdatasync fsync
    openat close fstat fstatat ftruncate renameat unlinkat linkat flock mkdir access readdir
    getrandom clock_gettime'

# What vfs_trace.c stands before: all of vfs_file.h.
TRACED='hf_dir_open hf_dir_close hf_dir_lock hf_dir_unlock hf_dir_list hf_dir_sync
    hf_dir_check_name hf_dir_rename hf_dir_link hf_dir_remove hf_file_open hf_file_close
    hf_file_size hf_file_read hf_file_write hf_file_sync hf_file_truncate'

# accepted FLAG: FLAG, if the compiler knows it.
accepted() {
    if $CC -Werror "$1" -fsyntax-only -x c - </dev/null >/dev/null 2>&1; then
        echo "$1"
    fi
}

# Sets CFLAGS_* and LDFLAGS_* for every variant; slow, so make.sh keeps the result.
flags_print() {
    optional="$(accepted -fstack-clash-protection) $(accepted -fcf-protection)"
    # gcc knows no way to say that a result is dropped on purpose; clang takes a (void). And it
    # calls a mistake what is meant: sentences for people are cut to fit.
    if ! $CC --version | grep -q clang; then
        COMMON="$COMMON -Wno-unused-result -Wno-format-truncation"
    fi
    release="$COMMON -O2 -fPIC $HARDENING $optional"
    checked="$COMMON -O1 -DHF_CHECK $SANITIZERS"
    storm='-DHF_SIM -DHF_PLANTS'
    fast="$COMMON -O3 -fPIE $(accepted -fno-stack-protector) $(accepted -fcf-protection=none)
        $(accepted -Wno-maybe-uninitialized)"
    link="$SANITIZERS"
    if [ -n "${FUZZ_ENGINE:-}" ]; then
        checked="$checked -fsanitize=fuzzer-no-link"
        link="$link -fsanitize=fuzzer"
    fi

    set_flags release "$release" '-pie -Wl,-z,relro,-z,now'
    set_flags tool "$release" "-pie -Wl,-z,relro,-z,now $(printf ' -Wl,--wrap=%s' $TRACED)"
    set_flags storm "$fast $storm" '-pie -Wl,-z,relro,-z,now'
    set_flags parity '' '-pie -Wl,-z,relro,-z,now @sim/parity/wrap.flags'
    set_flags check "$checked" "$link"
    set_flags stormcheck "$checked $storm" "$link"
    wraps=$(printf ' -Wl,--wrap=%s' $WRAPPED)
    set_flags timing "$release -DHF_TIMING" ''
    set_flags planted "$release -DHF_PLANTS" ''
    set_flags bench "$release" "-pie -Wl,-z,relro,-z,now $wraps -Wl,--no-as-needed -lm"
    set_flags benchcheck "$checked" "$link $wraps -Wl,--no-as-needed -lm"
}

# set_flags VARIANT CFLAGS LDFLAGS: prints the assignments of a variant.
set_flags() {
    echo "CFLAGS_$1='$(echo $2 ${CFLAGS:-})'"
    echo "LDFLAGS_$1='$(echo -pthread $3 ${LDFLAGS:-})'"
}
