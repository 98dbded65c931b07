/*
 * oracle_test.c - the list of commits against a plain one.
 *
 * A plain model keeps a copy of all keys for each version. Random commits, doubts, crashes and
 * recoveries go into both; after each step every key is compared as of every version. What the
 * oracle must refuse or forget is then shown case by case.
 */
#include "sim/run/oracle.h"

#include "base/tap.h"
#include "sim/mix.h"
#include "sim/run/keyspace.h"

#include <string.h>

#define KEYS 5u
#define VERSIONS 40u
#define SEED 20260u

/* states[v][k]: the stamp of key k after version v, 0 for absent. */
struct plain {
    uint64_t stamps[VERSIONS + 1][KEYS];
    uint64_t last;
};

static uint64_t state = SEED;

static uint64_t
below(uint64_t bound)
{
    state = sim_mix(state);
    return sim_mix_below(state, bound);
}

static unsigned
draw_changes(struct sim_change *changes)
{
    unsigned count = 1 + (unsigned)below(4);

    for (unsigned i = 0; i < count; i++)
        changes[i] = (struct sim_change){ .key = (uint32_t)below(KEYS),
                                          .put = below(3) != 0,
                                          .size = 20,
                                          .stamp = 1 + below(UINT32_MAX) };
    return count;
}

static void
apply(struct plain *plain, const struct sim_change *changes, unsigned count)
{
    memcpy(plain->stamps[plain->last + 1], plain->stamps[plain->last], sizeof plain->stamps[0]);
    plain->last++;
    for (unsigned i = 0; i < count; i++)
        plain->stamps[plain->last][changes[i].key] = changes[i].put ? changes[i].stamp : 0;
}

static bool
is_same(const struct sim_oracle *oracle, const struct plain *plain)
{
    for (uint64_t version = 0; version <= plain->last; version++) {
        for (uint32_t key = 0; key < KEYS; key++) {
            struct sim_state found = sim_oracle_state(oracle, key, version);
            if ((found.present ? found.stamp : 0) != plain->stamps[version][key])
                return false;
        }
    }
    return sim_oracle_last(oracle) == plain->last;
}

static bool
is_ordered(const struct sim_oracle *oracle)
{
    return sim_oracle_durable(oracle) <= sim_oracle_kept(oracle) &&
           sim_oracle_kept(oracle) <= sim_oracle_last(oracle);
}

/* One random step in both. False: they disagree. */
static bool
step(struct sim_oracle *oracle, struct plain *plain)
{
    struct sim_change changes[4];
    unsigned count = draw_changes(changes);
    uint64_t kind = below(10);

    if (kind < 6 && plain->last < VERSIONS) {
        sim_oracle_call(oracle, changes, count);
        if (!sim_oracle_return(oracle, plain->last + 1))
            return false;
        apply(plain, changes, count);
    } else if (kind < 7) {
        sim_oracle_call(oracle, changes, count);
        if (!sim_oracle_refuse(oracle))
            return false;
    } else if (kind < 8) {
        sim_oracle_promise(oracle, below(sim_oracle_kept(oracle) + 1));
    } else {
        sim_oracle_crash(oracle, below(2) == 0);
        uint64_t kept = sim_oracle_kept(oracle);
        uint64_t version = kept + below(plain->last - kept + 1);
        sim_oracle_recover(oracle, version, below(2) == 0);
        plain->last = version;
    }
    return is_same(oracle, plain) && is_ordered(oracle);
}

static void
check_against_plain(struct sim_oracle *oracle)
{
    bool same = true;

    printf("# seed %u\n", SEED);
    for (unsigned run = 0; same && run < 200; run++) {
        struct plain plain = { .last = 0 };
        sim_oracle_reset(oracle, KEYS);
        for (unsigned i = 0; same && i < 60; i++)
            same = step(oracle, &plain);
    }
    TAP_OK(same, "every version of every key is what a plain copy has, through crashes too");
}

static const struct sim_change one = { .key = 1, .put = true, .size = 20, .stamp = 11 };
static const struct sim_change two = { .key = 2, .put = true, .size = 20, .stamp = 22 };
static const struct sim_change three = { .key = 3, .put = true, .size = 20, .stamp = 33 };

static void
check_versions(struct sim_oracle *oracle)
{
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    TAP_OK(!sim_oracle_return(oracle, 2), "a version that skips one is refused");
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    sim_oracle_return(oracle, 1);
    sim_oracle_call(oracle, &one, 1);
    TAP_OK(!sim_oracle_return(oracle, 1), "a version that was used is refused");
}

static void
check_nested(struct sim_oracle *oracle)
{
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    TAP_OK(sim_oracle_nested(oracle, &two, 1, 2) && sim_oracle_last(oracle) == 2 &&
               sim_oracle_state(oracle, 1, 1).stamp == 11,
           "a later commit that comes back first tells the place of the one under way");
    TAP_OK(sim_oracle_return(oracle, 1) && sim_oracle_kept(oracle) == 2,
           "the one under way returns with the version that was kept free");
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    TAP_OK(sim_oracle_nested(oracle, &two, 1, 1) && sim_oracle_return(oracle, 2),
           "or it comes behind the others");
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    sim_oracle_nested(oracle, &two, 1, 2);
    TAP_OK(!sim_oracle_refuse(oracle), "a commit whose place was taken cannot be refused");
}

static void
check_doubt(struct sim_oracle *oracle)
{
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    sim_oracle_doubt(oracle);
    TAP_OK(sim_oracle_last(oracle) == 1 && sim_oracle_kept(oracle) == 0 &&
               sim_oracle_is_in_doubt(oracle),
           "a commit in doubt may be there and need not");
    sim_oracle_call(oracle, &two, 1);
    TAP_OK(sim_oracle_return(oracle, 1) && !sim_oracle_state(oracle, 1, 1).present,
           "the same version again says that it did not happen");
    sim_oracle_call(oracle, &one, 1);
    sim_oracle_crash(oracle, true);
    sim_oracle_recover(oracle, 2, true);
    TAP_OK(sim_oracle_kept(oracle) == 2 && !sim_oracle_is_in_doubt(oracle),
           "once recovered, what a crash left in doubt has happened for good");
}

static void
check_promises(struct sim_oracle *oracle)
{
    sim_oracle_reset(oracle, KEYS);
    for (uint64_t version = 1; version <= 3; version++) {
        sim_oracle_call(oracle, &one, 1);
        sim_oracle_return(oracle, version);
    }
    sim_oracle_promise(oracle, 2);
    sim_oracle_crash(oracle, false);
    TAP_OK(sim_oracle_kept(oracle) == 3, "a process kill takes nothing that was acknowledged");
    sim_oracle_crash(oracle, true);
    TAP_OK(sim_oracle_kept(oracle) == 2, "a power cut takes what was not durable");
    sim_oracle_recover(oracle, 3, false);
    TAP_OK(sim_oracle_durable(oracle) == 2,
           "a recovery that cannot write promises nothing new");
    sim_oracle_recover(oracle, 3, true);
    TAP_OK(sim_oracle_durable(oracle) == 3, "one that can makes durable what it shows");
}

/* Two commits, the second of which a recovery gave up that could not write. */
static void
give_up_second(struct sim_oracle *oracle)
{
    sim_oracle_reset(oracle, KEYS);
    sim_oracle_call(oracle, &one, 1);
    sim_oracle_return(oracle, 1);
    sim_oracle_promise(oracle, 1);
    sim_oracle_call(oracle, &two, 1);
    sim_oracle_return(oracle, 2);
    sim_oracle_crash(oracle, true);
    sim_oracle_recover(oracle, 1, false);
}

static void
check_ends(struct sim_oracle *oracle)
{
    give_up_second(oracle);
    struct sim_span end = { 0, 0 };
    if (sim_oracle_ends(oracle) == 1)
        end = sim_oracle_end(oracle, 0);
    TAP_OK(sim_oracle_last(oracle) == 1 && end.least == 1 && end.most == 2,
           "what a recovery that cannot write gives up is an end");
    sim_oracle_call(oracle, &three, 1);
    sim_oracle_doubt(oracle);
    sim_oracle_swap_end(oracle, 0);
    bool is_second = sim_oracle_state(oracle, 2, 2).stamp == two.stamp &&
                     !sim_oracle_state(oracle, 3, 2).present;
    sim_oracle_swap_end(oracle, 0);
    TAP_OK(is_second && sim_oracle_state(oracle, 3, 2).stamp == three.stamp &&
               !sim_oracle_state(oracle, 2, 2).present && sim_oracle_is_in_doubt(oracle),
           "an end changes places with what came since, and back again");
    sim_oracle_recover(oracle, 1, false);
    TAP_OK(sim_oracle_ends(oracle) == 2, "each thing that was given up is an end of its own");
    sim_oracle_recover(oracle, 1, true);
    TAP_OK(sim_oracle_ends(oracle) == 0, "a recovery that can write leaves none");
    give_up_second(oracle);
    sim_oracle_call(oracle, &three, 1);
    sim_oracle_return(oracle, 2);
    TAP_OK(sim_oracle_ends(oracle) == 0, "nor does a commit that is acknowledged");
}

static void
check_earlier_end(struct sim_oracle *oracle)
{
    give_up_second(oracle);
    sim_oracle_reset(oracle, KEYS);
    for (uint64_t version = 1; version <= 3; version++) {
        sim_oracle_call(oracle, version == 1 ? &one : version == 2 ? &two : &three, 1);
        sim_oracle_return(oracle, version);
    }
    sim_oracle_recover(oracle, 2, false);
    sim_oracle_crash(oracle, true);
    sim_oracle_recover(oracle, 0, false);
    sim_oracle_swap_end(oracle, 0);
    TAP_OK(sim_oracle_end(oracle, 0).least == 0 && sim_oracle_last(oracle) == 3 &&
               sim_oracle_state(oracle, 1, 3).stamp == one.stamp &&
               sim_oracle_state(oracle, 3, 3).stamp == three.stamp,
           "an end takes along what it stood behind, when that is given up too");
}

static void
check_times(struct sim_oracle *oracle)
{
    sim_oracle_reset(oracle, KEYS);
    for (uint64_t version = 1; version <= 3; version++) {
        sim_oracle_call(oracle, &one, 1);
        sim_oracle_return(oracle, version);
    }
    TAP_OK(sim_oracle_time(oracle, 2, 50) && sim_oracle_time(oracle, 2, 50) &&
               sim_oracle_time(oracle, 1, 50) && sim_oracle_time(oracle, 3, 51),
           "times that rise with the versions are taken");
    TAP_OK(!sim_oracle_time(oracle, 2, 49), "a commit has one time for ever");
    struct sim_span within = sim_oracle_newest_at(oracle, 3, 50, 10);
    struct sim_span later = sim_oracle_newest_at(oracle, 3, 60, 10);
    struct sim_span before = sim_oracle_newest_at(oracle, 3, 49, 10);
    struct sim_span seen = sim_oracle_newest_at(oracle, 1, 60, 10);
    TAP_OK(within.least == 0 && within.most == 2 && later.least == 3 && later.most == 3 &&
               before.most == 0 && seen.least == 1 && seen.most == 1,
           "the newest version at a time, within the grain or past it");
    sim_oracle_recover(oracle, 2, true);
    sim_oracle_call(oracle, &one, 1);
    sim_oracle_return(oracle, 3);
    TAP_OK(!sim_oracle_time(oracle, 3, 49),
           "a time before that of the commit before is refused");
}

static void
check_origin(struct sim_oracle *oracle)
{
    char value[20];

    sim_stamp_fill(value, sizeof value, one.stamp);
    TAP_OK(sim_oracle_origin(oracle, 1, (struct hf_span){ value, sizeof value }) == 3,
           "a value tells which commit wrote it");
    value[7] ^= 1;
    TAP_OK(sim_oracle_origin(oracle, 1, (struct hf_span){ value, sizeof value }) == 0,
           "one with a bit changed was written by none");
}

int
main(void)
{
    struct sim_oracle *oracle = sim_oracle_open();

    check_against_plain(oracle);
    check_versions(oracle);
    check_nested(oracle);
    check_doubt(oracle);
    check_promises(oracle);
    check_ends(oracle);
    check_earlier_end(oracle);
    check_times(oracle);
    check_origin(oracle);
    sim_oracle_close(oracle);
    return tap_done();
}
