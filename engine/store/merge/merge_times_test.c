/*
 * merge_times_test.c - of each span of time the last commit stays, and never too many of them.
 *
 * Method: lists of commits whose times rise by random steps, seed printed, go into lists of
 * every capacity; what stays is compared with what a plain look at all commits says for the
 * grain that came out. Catches a span whose first commit stays, one that is lost at the moment
 * the grain is doubled, and a list that runs over.
 */
#include "store/merge/merge_times.h"

#include "base/tap.h"

#include <inttypes.h>

#define COMMITS 400u
#define CAPACITY_MAX 80u
#define GRAIN_US 1000u

static struct hf_sample commits[COMMITS];
static uint64_t random_state = 20;

static uint64_t
random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

static void
make_commits(void)
{
    uint64_t time_us = UINT64_C(1700000000000000);

    for (uint32_t i = 0; i < COMMITS; i++) {
        time_us += random_below(4) == 0 ? random_below(5 * GRAIN_US) : random_below(3);
        commits[i] = (struct hf_sample){ i + 1, time_us };
    }
}

/* Whether a list holds just the last commit of each of its spans. */
static bool
holds_the_last(const struct hf_times *times)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < COMMITS; i++) {
        uint64_t span = commits[i].time_us / times->grain_us;
        if (i + 1 < COMMITS && commits[i + 1].time_us / times->grain_us == span)
            continue;
        if (at == times->count || times->list[at].version != commits[i].version ||
            times->list[at].time_us != commits[i].time_us)
            return false;
        at++;
    }
    return at == times->count;
}

static bool
fits_all_capacities(uint64_t *grain_min, uint64_t *grain_max)
{
    for (uint32_t capacity = 2; capacity <= CAPACITY_MAX; capacity++) {
        struct hf_sample list[CAPACITY_MAX];
        struct hf_times times = { .list = list, .capacity = capacity, .grain_us = GRAIN_US };
        for (uint32_t i = 0; i < COMMITS; i++) {
            hf_times_add(&times, commits[i]);
            if (times.count >= capacity)
                return false;
        }
        if (!holds_the_last(&times))
            return false;
        *grain_max = times.grain_us > *grain_max ? times.grain_us : *grain_max;
        *grain_min = times.grain_us < *grain_min ? times.grain_us : *grain_min;
    }
    return true;
}

/* A commit that others follow in its span stays if it is the version to keep. */
static bool
keeps_a_version(uint64_t kept)
{
    struct hf_sample list[CAPACITY_MAX];
    struct hf_times times = { .list = list, .capacity = CAPACITY_MAX, .grain_us = GRAIN_US };
    bool is_there = false;

    times.kept = kept;
    for (uint64_t version = 1; version <= 500; version++) {
        hf_times_add(&times, (struct hf_sample){ version, version * 100 });
        if (version == kept)
            hf_times_add(&times, (struct hf_sample){ version, version * 100 });
    }
    for (uint32_t i = 0; i < times.count; i++) {
        if (i > 0 && list[i].version <= list[i - 1].version)
            return false; /* twice */
        is_there = is_there || (list[i].version == kept && list[i].time_us == kept * 100);
    }
    return is_there;
}

int
main(void)
{
    uint64_t grain_min = UINT64_MAX, grain_max = 0;

    printf("# seed %" PRIu64 "\n", random_state);
    make_commits();
    TAP_OK(fits_all_capacities(&grain_min, &grain_max),
           "lists of every capacity hold the last commit of each span, and no more than fit");
    TAP_OK(grain_max > grain_min, "the grain is doubled where there is little room");
    struct hf_sample list[COMMITS + 1];
    struct hf_times times = { .list = list, .capacity = COMMITS + 1, .grain_us = GRAIN_US };
    for (uint32_t i = 0; i < COMMITS; i++)
        hf_times_add(&times, commits[i]);
    bool keeps = true;
    for (uint64_t kept = 1; kept <= 500; kept++)
        keeps = keeps && keeps_a_version(kept);
    TAP_OK(keeps, "the version to keep stays, once, whatever comes behind it");
    TAP_OK(times.grain_us == GRAIN_US && holds_the_last(&times), "with room for all it stays");
    return tap_done();
}
