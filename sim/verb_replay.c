/*
 * verb_replay.c - `holdfast-sim replay`: one run again, with every step, call and fault.
 */
#define _GNU_SOURCE /* signals, _exit */
#include "sim/campaign/result_print.h"
#include "sim/run/run.h"
#include "sim/verbs_sim.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
print_line(void *context, const char *line)
{
    fprintf(context, "%s\n", line);
}

/* What a signal handler needs: the run may end by an assertion or never. */
static const struct sim_runner *dying_runner;
static FILE *dying_out;

/*
 * The engine brought the process down: shows what led to it. That is no place to print from by
 * the book, and the process is lost anyway.
 */
static void
die(int signal_number)
{
    signal(signal_number, SIG_DFL);
    sim_runner_timeline(dying_runner, print_line, dying_out);
    fprintf(dying_out, "\nbroke alive: the process ended by signal %d\n", signal_number);
    fflush(dying_out);
    _exit(SIM_EXIT_BROKE);
}

static void
watch_for_death(const struct sim_runner *runner, FILE *out)
{
    static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF };

    dying_runner = runner;
    dying_out = out;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], die);
    sim_watchdog(SIM_RUN_SECONDS_MAX);
}

/* A saved tape outlives code changes; what of it no longer means anything is told. */
static void
show_unread(FILE *out, const struct sim_runner *runner)
{
    struct sim_drawn first;
    uint64_t unread = sim_runner_unread(runner, &first);

    if (unread > 0)
        fprintf(out,
                "\n%" PRIu64 " draws that nobody asked for, the first: %s %" PRIu64 " %" PRIu64
                " %" PRIu64 "\n",
                unread, first.site, first.entity, first.occurrence, first.value);
}

static int
show(const struct sim_args *args, const struct sim_scenario *scenario,
     const struct sim_result *result, const struct sim_runner *runner)
{
    if (args->json) {
        sim_print_json(args->out, scenario, result, args->plant, NULL);
    } else {
        sim_runner_timeline(runner, print_line, args->out);
        sim_print_knobs(args->out, result);
        show_unread(args->out, runner);
        if (result->verdict == SIM_HELD)
            fprintf(args->out, "\nheld: %s, seed %" PRIu64 ", hash %016" PRIx64 "\n",
                    scenario->name, result->seed, result->hash);
        else
            sim_print_failure(args->out, scenario, result, args->plant);
    }
    return result->verdict == SIM_HELD ? SIM_EXIT_HELD : SIM_EXIT_BROKE;
}

/* Opens a file of the command line, - being the given stream, or complains. */
static bool
open_file(FILE **file, const char *path, const char *mode, FILE *stream)
{
    if (path == NULL)
        return true;
    *file = strcmp(path, "-") == 0 ? stream : fopen(path, mode);
    if (*file == NULL)
        fprintf(stderr, "holdfast-sim: %s: cannot be opened: %s\n", path, strerror(errno));
    return *file != NULL;
}

static int
replay(const struct sim_args *args, const struct sim_scenario *scenario,
       struct sim_order *order)
{
    struct sim_runner *runner = sim_runner_open();
    struct sim_result result;
    struct hf_error error;
    int status = SIM_EXIT_USAGE;

    order->keep_timeline = !args->json;
    watch_for_death(runner, args->out);
    if (sim_runner_run(runner, order, &result, &error))
        status = show(args, scenario, &result, runner);
    else
        fprintf(stderr, "%s:%s\n", args->tape != NULL ? args->tape : scenario->text.path,
                error.text);
    sim_runner_close(runner);
    return status;
}

int
sim_verb_replay(const struct sim_args *args)
{
    struct sim_set set = { 0 };
    struct sim_order order = { 0 };
    int status = SIM_EXIT_USAGE;

    if (sim_args_load(args, &set) && set.count == 1) {
        order.scenario = set.list[0];
        order.seed = args->seed != 0 ? args->seed : set.list[0]->seeds.lo;
        if (open_file(&order.tape, args->tape, "r", stdin) &&
            open_file(&order.save_tape, args->save_tape, "w", args->out))
            status = replay(args, set.list[0], &order);
    } else if (set.count > 1) {
        fprintf(stderr, "holdfast-sim: replay wants one scenario, not %zu\n", set.count);
    }
    if (order.tape != NULL && order.tape != stdin)
        fclose(order.tape);
    if (order.save_tape != NULL && order.save_tape != args->out && fclose(order.save_tape) != 0)
        status = SIM_EXIT_SIMULATOR;
    sim_set_fini(&set);
    return status;
}
