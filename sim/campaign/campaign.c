/*
 * campaign.c - deals runs to processes and collects their results in order.
 *
 *    runs:     0 1 2 3 | 4 5 6 7 | 8 9 ...        chunks of CHUNK
 *    workers:     0         1         0
 *
 * Who does which run follows from its number alone. Each worker posts its results (post.h), and
 * the parent takes them in the order of the chunks, so nothing is sorted and nothing piles up.
 * Where a worker dies, the run that it was at is known: it is the next one expected.
 */
#define _GNU_SOURCE
#include "sim/campaign/campaign.h"

#include "sim/campaign/post.h"
#include "sim/grow.h"
#include "sim/mix.h"
#include "sim/run/run.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 4u
#define JOBS_MAX 256u
#define REPORTS_WAIT_NS 20000000u /* at most, but for the time of a run, before they are sent */

uint64_t
sim_wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void
sim_watchdog(int seconds)
{
    struct itimerval limit = { .it_value = { .tv_sec = seconds } };

    setitimer(ITIMER_PROF, &limit, NULL);
}

/* ---- which run comes next ---------------------------------------------------------------- */

/* Deals runs one by one: scenario by scenario, or with a budget of time in rounds over all. */
struct dealer {
    const struct sim_campaign *campaign;
    uint64_t number; /* of the run, in this shard */
    uint64_t dealt;  /* in all shards */
    size_t scenario;
    uint64_t off; /* of the seed in its range */
};

static struct sim_range
seeds_of(const struct sim_campaign *campaign, size_t scenario)
{
    return campaign->seeds.hi != 0 ? campaign->seeds : campaign->set->list[scenario]->seeds;
}

static uint64_t
seed_count(const struct sim_campaign *campaign, size_t scenario)
{
    struct sim_range seeds = seeds_of(campaign, scenario);

    return seeds.hi - seeds.lo + 1;
}

static void
step_dealer(struct dealer *dealer)
{
    const struct sim_campaign *campaign = dealer->campaign;

    if (campaign->time_ns == 0) {
        if (++dealer->off == seed_count(campaign, dealer->scenario)) {
            dealer->off = 0;
            dealer->scenario++;
        }
        return;
    }
    if (++dealer->scenario == campaign->set->count) {
        dealer->scenario = 0;
        dealer->off++;
    }
}

static bool
is_over(const struct dealer *dealer)
{
    const struct sim_campaign *campaign = dealer->campaign;

    if (campaign->time_ns == 0)
        return dealer->scenario == campaign->set->count;
    for (size_t i = 0; i < campaign->set->count; i++) {
        if (dealer->off < seed_count(campaign, i))
            return false;
    }
    return true;
}

/* The next run of this shard. False: there is none. */
static bool
deal(struct dealer *dealer, struct sim_order *order)
{
    const struct sim_campaign *campaign = dealer->campaign;

    for (; !is_over(dealer); step_dealer(dealer)) {
        if (dealer->off >= seed_count(campaign, dealer->scenario))
            continue;
        if (dealer->dealt++ % campaign->shard_count != campaign->shard)
            continue;
        *order = (struct sim_order){
            .scenario = campaign->set->list[dealer->scenario],
            .index = (uint32_t)dealer->scenario,
            .seed = seeds_of(campaign, dealer->scenario).lo + dealer->off,
        };
        dealer->number++;
        step_dealer(dealer);
        return true;
    }
    return false;
}

uint64_t
sim_campaign_size(const struct sim_campaign *campaign)
{
    uint64_t total = 0;

    for (size_t i = 0; i < campaign->set->count; i++)
        total += seed_count(campaign, i);
    return (total + campaign->shard_count - 1 - campaign->shard) / campaign->shard_count;
}

/* ---- reports ----------------------------------------------------------------------------- */

/* What a worker says about one run: the result, then the events, as long as they are. */
struct report {
    struct sim_result result;
    struct sim_last_events events;
};

#define REPORT_HEAD offsetof(struct report, events.text)

/* ---- workers ----------------------------------------------------------------------------- */

struct worker {
    pid_t pid;
    bool is_live; /* its post is open */
    struct sim_post post;
};

static bool
send_report(struct sim_post *post, const struct report *report)
{
    return sim_post_put(post, report, REPORT_HEAD + report->events.size);
}

static bool
receive_report(struct sim_post *post, struct report *report)
{
    return sim_post_get(post, report, REPORT_HEAD) &&
           report->events.size <= sizeof report->events.text &&
           sim_post_get(post, report->events.text, report->events.size);
}

static bool
is_doubled(const struct sim_campaign *campaign, const struct sim_order *order)
{
    uint64_t place = sim_mix_in(sim_mix_name(order->scenario->name), order->seed);

    return place % campaign->doubled_of < campaign->doubled;
}

static void
run_one(const struct sim_campaign *campaign, struct sim_runner *runner,
        const struct sim_order *order, struct report *report)
{
    struct sim_result *result = &report->result;
    struct hf_error error;

    report->events.size = 0;
    sim_watchdog(SIM_RUN_SECONDS_MAX);
    if (is_doubled(campaign, order)) {
        sim_runner_run_twice(runner, order, result);
    } else if (!sim_runner_run(runner, order, result, &error)) {
        *result = (struct sim_result){ .scenario = order->index, .seed = order->seed };
        result->verdict = SIM_SIMULATOR_FAILED;
        snprintf(result->found, sizeof result->found, "the draws of the scenario: %.300s",
                 error.text);
    }
    if (result->verdict == SIM_BROKE)
        sim_last_events_find(&report->events, runner, order);
}

static bool
is_mine(uint64_t number, unsigned index, unsigned jobs)
{
    return number / CHUNK % jobs == index;
}

/* The body of a worker: its runs from where `dealer` stands, until `deadline`. */
static _Noreturn void
work(struct dealer dealer, unsigned index, uint64_t deadline, struct sim_post *post)
{
    const struct sim_campaign *campaign = dealer.campaign;
    struct sim_runner *runner = sim_runner_open();
    struct report *report = sim_new(sizeof *report);
    struct sim_order order;
    uint64_t now = sim_wall_ns(), sent = now;

    for (uint64_t number = dealer.number; deal(&dealer, &order); number = dealer.number) {
        if (!is_mine(number, index, campaign->jobs))
            continue;
        if (deadline != 0 && now >= deadline)
            break;
        run_one(campaign, runner, &order, report);
        if (!send_report(post, report))
            break;
        now = sim_wall_ns();
        if (now - sent < REPORTS_WAIT_NS)
            continue;
        sent = now;
        if (!sim_post_send(post))
            break;
    }
    free(report);
    sim_runner_close(runner);
    _exit(0);
}

static bool
start_worker(struct worker *worker, const struct dealer *dealer, unsigned index,
             uint64_t deadline)
{
    if (!sim_post_open(&worker->post))
        return false;
    fflush(NULL);
    worker->pid = fork();
    if (worker->pid < 0) {
        sim_post_close(&worker->post);
        return false;
    }
    if (worker->pid == 0) {
        sim_post_write_only(&worker->post);
        work(*dealer, index, deadline, &worker->post);
    }
    sim_post_read_only(&worker->post);
    worker->is_live = true;
    return true;
}

/* A worker has ended, and no report of it is left: false if it was done, true if it died in a
 * run. */
static bool
bury_worker(struct worker *worker, struct sim_result *result)
{
    int status = 0;

    sim_post_close(&worker->post);
    worker->is_live = false;
    waitpid(worker->pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return false;
    result->verdict = SIM_BROKE;
    result->property = SIM_HOLDS_ALIVE;
    snprintf(result->expected, sizeof result->expected, "the process lives on");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        snprintf(result->found, sizeof result->found, "no end after %d s of CPU time",
                 SIM_RUN_SECONDS_MAX);
    else if (WIFSIGNALED(status))
        snprintf(result->found, sizeof result->found, "it ended by signal %d, %s",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(result->found, sizeof result->found, "it ended with status %d",
                 WEXITSTATUS(status));
    return true;
}

/* ---- the parent -------------------------------------------------------------------------- */

struct collector {
    const struct sim_campaign *campaign;
    struct worker workers[JOBS_MAX];
    unsigned live;
    uint64_t deadline;
};

/* The result of the run that `dealer` has just dealt. False: its worker was done before it. */
static bool
collect_one(struct collector *all, unsigned index, const struct dealer *behind,
            const struct sim_order *order, struct report *report)
{
    struct worker *worker = &all->workers[index];
    struct sim_result *result = &report->result;

    if (!worker->is_live)
        return false;
    if (receive_report(&worker->post, report))
        return true;
    report->events.size = 0;
    *result = (struct sim_result){ .scenario = order->index, .seed = order->seed };
    if (!bury_worker(worker, result)) {
        all->live--;
        return false;
    }
    if (!start_worker(worker, behind, index, all->deadline))
        all->live--;
    return true;
}

bool
sim_campaign_run(const struct sim_campaign *campaign, sim_result_fn *each, void *context)
{
    struct collector *all = sim_new(sizeof *all);
    struct dealer dealer = { .campaign = campaign };
    struct report *report = sim_new(sizeof *report);
    struct sim_order order;
    bool good = campaign->jobs <= JOBS_MAX;

    all->campaign = campaign;
    all->deadline = campaign->time_ns == 0 ? 0 : sim_wall_ns() + campaign->time_ns;
    for (unsigned i = 0; good && i < campaign->jobs; i++) {
        good = start_worker(&all->workers[i], &dealer, i, all->deadline);
        all->live += good;
    }
    for (uint64_t number = 0; good && all->live > 0 && deal(&dealer, &order);
         number = dealer.number) {
        unsigned index = (unsigned)(number / CHUNK % campaign->jobs);
        if (collect_one(all, index, &dealer, &order, report))
            each(context, &report->result, &report->events);
    }
    for (unsigned i = 0; i < campaign->jobs && i < JOBS_MAX; i++) {
        if (all->workers[i].is_live)
            bury_worker(&all->workers[i], &report->result);
    }
    free(report);
    free(all);
    return good;
}
