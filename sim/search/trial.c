/*
 * trial.c - see trial.h. The child leaves its result, and what was drawn up to its end, in
 * memory that it shares with the parent. Sites of draws are static strings, at the same address
 * in both.
 */
#define _GNU_SOURCE /* mmap, fork, setitimer, fileno */
#include "sim/search/trial.h"

#include "sim/grow.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAWS_MAX ((size_t)1 << 20) /* kept of a run; what is beyond counts as not drawn */
#define STRIKES_MAX ((size_t)1 << 14)

struct shared {
    struct sim_result result;
    bool is_done; /* the run came back, and was not refused */
    size_t draw_count, strike_count;
    struct sim_struck strikes[STRIKES_MAX];
    struct sim_drawn draws[DRAWS_MAX];
};

struct sim_trial {
    struct shared *shared;
    struct sim_runner *runner; /* used by children only: each begins with the parent's */
    FILE *last_words;          /* what a child says on stderr */
};

struct sim_trial *
sim_trial_open(void)
{
    struct sim_trial *trial = sim_new(sizeof *trial);

    trial->shared = mmap(NULL, sizeof *trial->shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    trial->last_words = tmpfile();
    if (trial->shared == MAP_FAILED || trial->last_words == NULL)
        abort();
    trial->runner = sim_runner_open();
    sim_knob_make_sites();
    return trial;
}

void
sim_trial_close(struct sim_trial *trial)
{
    if (trial == NULL)
        return;
    sim_runner_close(trial->runner);
    fclose(trial->last_words);
    munmap(trial->shared, sizeof *trial->shared);
    free(trial);
}

/* ---- in the child ------------------------------------------------------------------------ */

/* The child's, for the handler of a signal that ends it. */
static struct sim_trial *dying;

static void
keep_record(struct sim_trial *trial)
{
    struct sim_recording record = sim_runner_recording(trial->runner);
    struct shared *shared = trial->shared;

    shared->draw_count = record.draw_count < DRAWS_MAX ? record.draw_count : DRAWS_MAX;
    shared->strike_count =
        record.strike_count < STRIKES_MAX ? record.strike_count : STRIKES_MAX;
    if (shared->draw_count > 0)
        memcpy(shared->draws, record.draws, shared->draw_count * sizeof *record.draws);
    if (shared->strike_count > 0)
        memcpy(shared->strikes, record.strikes, shared->strike_count * sizeof *record.strikes);
}

/* The engine brought the process down: what led to it is copied, which touches no more than the
 * simulator's own arrays. */
static void
die(int signal_number)
{
    signal(signal_number, SIG_DFL);
    keep_record(dying);
    raise(signal_number);
}

static _Noreturn void
run_child(struct sim_trial *trial, const struct sim_order *order, uint64_t cpu_ms)
{
    static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF };
    struct itimerval limit = { .it_value = { .tv_sec = (time_t)(cpu_ms / 1000),
                                             .tv_usec = (suseconds_t)(cpu_ms % 1000 * 1000) } };
    struct hf_error error;

    dup2(fileno(trial->last_words), STDERR_FILENO);
    dying = trial;
    for (size_t i = 0; order->record && i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], die);
    setitimer(ITIMER_PROF, &limit, NULL);
    trial->shared->is_done =
        sim_runner_run(trial->runner, order, &trial->shared->result, &error);
    if (order->record)
        keep_record(trial);
    _exit(0);
}

/* ---- in the parent ----------------------------------------------------------------------- */

/* The last line that the child wrote, or what there is to say without one. */
static void
read_last_words(struct sim_trial *trial, int signal_number, char to[SIM_ACCOUNT_SIZE])
{
    char line[SIM_ACCOUNT_SIZE] = "";

    if (signal_number == SIGPROF) {
        snprintf(to, SIM_ACCOUNT_SIZE, "it does not end");
        return;
    }
    rewind(trial->last_words);
    while (fgets(line, sizeof line, trial->last_words) != NULL)
        continue;
    line[strcspn(line, "\n")] = 0;
    if (line[0] != 0)
        memcpy(to, line, sizeof line);
    else
        snprintf(to, SIM_ACCOUNT_SIZE, "it ended by signal %d, %s", signal_number,
                 strsignal(signal_number));
}

static void
bury(struct sim_trial *trial, int status, struct sim_result *result)
{
    result->verdict = SIM_BROKE;
    result->property = SIM_HOLDS_ALIVE;
    snprintf(result->expected, sizeof result->expected, "the process lives on");
    if (WIFSIGNALED(status))
        read_last_words(trial, WTERMSIG(status), result->found);
    else
        snprintf(result->found, sizeof result->found, "it ended with status %d",
                 WEXITSTATUS(status));
}

bool
sim_trial_run(struct sim_trial *trial, const struct sim_order *order, uint64_t cpu_ms,
              struct sim_result *result)
{
    struct shared *shared = trial->shared;
    int status;

    shared->is_done = false;
    shared->draw_count = shared->strike_count = 0;
    shared->result = (struct sim_result){ .scenario = order->index, .seed = order->seed };
    rewind(trial->last_words);
    if (ftruncate(fileno(trial->last_words), 0) != 0)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_child(trial, order, cpu_ms);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    *result = shared->result;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return shared->is_done;
    bury(trial, status, result);
    return true;
}

struct sim_recording
sim_trial_recording(const struct sim_trial *trial)
{
    return (struct sim_recording){ trial->shared->draws, trial->shared->draw_count,
                                   trial->shared->strikes, trial->shared->strike_count };
}
