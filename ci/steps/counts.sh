# counts - no operation takes more than it took: instructions, allocations, system calls, bytes
# written and synced are exact, and more than 2 % over baselines/counts.json fails, on any
# machine. And all that the library asks of libc is either counted or known not to count.

set -eu
. ci/build/common.sh

need valgrind valgrind
sh ci/build/make.sh lib bench
scratch=$BUILD/log/counts

# A function of libc that is neither wrapped nor listed here may be a way around the counting.
. ci/build/flags.sh
harmless='__errno_location __fprintf_chk __memcpy_chk __snprintf_chk __stack_chk_fail
    __vsnprintf_chk abort stderr memcmp memcpy memmove memset snprintf strchr strcmp strerror
    strlen strncmp strrchr strspn strtol sigfillset
    _GLOBAL_OFFSET_TABLE_ __cpu_model free getpid
    sched_yield nanosleep
    fdopendir closedir __memmove_chk __memset_chk __vfprintf_chk strcpy memchr'
threads=$(nm -u "$BUILD/lib/libholdfast.a" | awk '$1 == "U" && $2 ~ /^pthread_/ { print $2 }')
printf '%s\n' $WRAPPED $harmless $threads | sort -u >"$scratch.known"
nm -u "$BUILD/lib/libholdfast.a" | awk '$1 == "U" && $2 !~ /^hf_/ { print $2 }' | sort -u |
    comm -23 - "$scratch.known" >"$scratch.unknown"
[ ! -s "$scratch.unknown" ] || {
    echo 'the library calls what bench/counted.c neither counts nor is known to pass over:'
    cat "$scratch.unknown"
    exit 1
}

"$BUILD/bin/holdfast-bench" compare baselines/counts.json --dir "$BUILD"
