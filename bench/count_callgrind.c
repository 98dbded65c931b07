/*
 * count_callgrind.c - the instructions of each counted row, by this very program run once more
 * under valgrind.
 *
 * Callgrind collects inside of bench_counted_work and writes a file at each return from it:
 * PREFIX.1, PREFIX.2, ..., in the order of the rows; its line "totals: N" is the row's number.
 * Which of its copying and comparing functions libc takes would depend on the processor: it is
 * told to take none of those for wider registers, so that another machine counts the same.
 */
#define _GNU_SOURCE
#include "bench/count.h"

#include "bench/place.h"
#include "bench/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NARROW                                                                                 \
    "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-AVX_Fast_Unaligned" \
    "_Load,-SSE4_2"
#define EXEC_FAILED 127

/* In the child: becomes valgrind. */
static void
become_valgrind(const char *directory, const char *prefix, const char *plant)
{
    char self[BENCH_PATH_SIZE] = "", out[BENCH_PATH_SIZE + 32];
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0 || readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
        _exit(EXEC_FAILED);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)snprintf(out, sizeof out, "--callgrind-out-file=%s", prefix);
    (void)setenv("GLIBC_TUNABLES", NARROW, 1);
    const char *args[] = { "valgrind",
                           "--tool=callgrind",
                           out,
                           "--collect-atstart=no",
                           "--toggle-collect=bench_counted_work",
                           "--dump-after=bench_counted_work",
                           "--combine-dumps=no",
                           self,
                           "counts",
                           "--no-instructions",
                           "--dir",
                           directory,
                           plant == NULL ? NULL : "--plant",
                           plant,
                           NULL };
    (void)execvp(args[0], (char *const *)args);
    _exit(EXEC_FAILED);
}

/* The number behind "totals:" in PREFIX.NUMBER; 0 if there is none. */
static uint64_t
read_totals(const char *prefix, unsigned number)
{
    char path[BENCH_PATH_SIZE + 16], line[256];
    unsigned long long total = 0;

    (void)snprintf(path, sizeof path, "%s.%u", prefix, number);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL &&
           sscanf(line, "totals: %llu", &total) != 1) {
    }
    (void)fclose(file);
    return total;
}

bool
bench_count_instructions(struct bench_count_list *list, const char *directory,
                         const char *plant, struct hf_error *error)
{
    char prefix[BENCH_PATH_SIZE];
    int status = 0;

    bench_place_path(prefix, directory, "callgrind");
    error->code = HF_ERR_INVALID;
    pid_t child = fork();
    if (child == 0)
        become_valgrind(directory, prefix, plant);
    if (child < 0 || waitpid(child, &status, 0) != child)
        bench_stop_system("run", "valgrind");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        (void)snprintf(error->text, sizeof error->text,
                       WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED
                           ? "valgrind is not there: install it, or leave instructions out by "
                             "--no-instructions"
                           : "valgrind failed: status %d",
                       status);
        return false;
    }
    for (unsigned i = 0; i < list->count; i++) {
        list->rows[i].total[BENCH_INSTRUCTIONS] = read_totals(prefix, i + 1);
        bench_check(list->rows[i].total[BENCH_INSTRUCTIONS] > 0,
                    "the instructions of each row, as callgrind wrote them");
    }
    list->has_instructions = true;
    return true;
}
