/*
 * environment.c - see environment.h. What cannot be found is "unknown".
 */
#define _GNU_SOURCE
#include "bench/environment.h"

#include "bench/clock.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void
set(char to[BENCH_FACT_SIZE], const char *text)
{
    (void)snprintf(to, BENCH_FACT_SIZE, "%s", text);
}

static void
find_cpu(char to[BENCH_FACT_SIZE])
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "re");

    set(to, "unknown");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *name = strstr(line, "model name");
        const char *colon = strchr(line, ':');
        if (name != line || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = 0;
        set(to, colon + 1 + strspn(colon + 1, " "));
        break;
    }
    (void)fclose(file);
}

static void
find_file_system(char to[BENCH_FACT_SIZE], const char *directory)
{
    /* The numbers are those of statfs(2). */
    static const struct {
        long type;
        const char *name;
    } known[] = {
        { 0xef53, "ext4" },      { 0x58465342, "xfs" },     { 0x9123683e, "btrfs" },
        { 0x01021994, "tmpfs" }, { 0x794c7630, "overlay" }, { 0x2fc12fc1, "zfs" },
        { 0x6969, "nfs" },
    };
    struct statfs is;

    set(to, "unknown");
    if (statfs(directory, &is) != 0)
        return;
    (void)snprintf(to, BENCH_FACT_SIZE, "type %lx", (unsigned long)is.f_type);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == (long)is.f_type)
            set(to, known[i].name);
}

static void
print_time(char text[BENCH_FACT_SIZE])
{
    time_t now = time(NULL);
    struct tm parts;

    if (gmtime_r(&now, &parts) == NULL ||
        strftime(text, BENCH_FACT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        set(text, "unknown");
}

void
bench_environment_look(struct bench_environment *environment, const char *directory)
{
    struct utsname system;

    *environment = (struct bench_environment){ .cores = 1 };
    set(environment->holdfast, hf_version_string());
    set(environment->compiler, COMPILER);
    (void)snprintf(environment->libc, BENCH_FACT_SIZE, "glibc %s", gnu_get_libc_version());
    set(environment->kernel, "unknown");
    if (uname(&system) == 0)
        (void)snprintf(environment->kernel, BENCH_FACT_SIZE, "%s %.*s %s", system.sysname,
                       (int)strcspn(system.release, "-"), system.release, system.machine);
    find_cpu(environment->cpu);
    find_file_system(environment->file_system, directory);
    print_time(environment->time);
    long cores = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES);
    environment->cores = cores > 0 ? (unsigned)cores : 1;
    environment->memory_bytes =
        pages > 0 ? (unsigned long long)pages * (unsigned long long)sysconf(_SC_PAGESIZE) : 0;
    environment->clock_cost_ns = (double)bench_clock_cost_ns();
}

static void
print_fact(struct hf_output *output, const char *name, const char *text)
{
    hf_output_print(output, "\"%s\": ", name);
    hf_output_json_string(output, (struct hf_span){ text, strlen(text) });
    hf_output_print(output, ", ");
}

void
bench_environment_json(struct hf_output *output, const struct bench_environment *environment)
{
    hf_output_print(output, "{");
    print_fact(output, "holdfast", environment->holdfast);
    print_fact(output, "compiler", environment->compiler);
    print_fact(output, "libc", environment->libc);
    print_fact(output, "kernel", environment->kernel);
    print_fact(output, "cpu", environment->cpu);
    print_fact(output, "file_system", environment->file_system);
    print_fact(output, "time", environment->time);
    hf_output_print(output, "\"cores\": %u, \"memory_bytes\": %llu, \"clock_cost_ns\": %.1f}",
                    environment->cores, environment->memory_bytes, environment->clock_cost_ns);
}
