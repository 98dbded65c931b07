/*
 * group_test.c - writers that share syncs, by a clock of our own.
 *
 * Method: writers in a loop, each of whom thinks, writes and needs a sync, are moved from event
 * to event; a sync takes SYNC_NS. Everything follows from the numbers, so the counts are exact.
 * The caller's part is written as sync.c has it, and one that never holds stands beside it.
 */
#include "store/group.h"

#include "base/tap.h"

#define WRITERS_MAX 8u
#define SYNC_NS 200000u
#define SYNCS 1000u
#define NEVER UINT64_MAX

struct writer {
    uint64_t comes_ns; /* when it has written again; NEVER: it waits for a sync */
    uint64_t think_ns;
    bool is_in; /* of the sync under way */
};

struct crowd {
    struct hf_group group;
    struct writer writers[WRITERS_MAX];
    uint32_t count;
    uint64_t now_ns;
    uint64_t sync_ends_ns;                    /* NEVER: none is under way */
    uint64_t gives_up_ns;                     /* NEVER: the group is not held */
    uint64_t syncs, commits, waited_ns, vain; /* vain: held, and given up */
};

static void
begin_sync(struct crowd *crowd)
{
    hf_group_begin(&crowd->group);
    for (uint32_t i = 0; i < crowd->count; i++)
        crowd->writers[i].is_in = crowd->writers[i].comes_ns == NEVER;
    crowd->gives_up_ns = NEVER;
    crowd->sync_ends_ns = crowd->now_ns + SYNC_NS;
}

/* Somebody waits and no sync runs: leads one, or holds the group. */
static void
lead_or_hold(struct crowd *crowd, bool holds)
{
    uint64_t patience_ns = hf_group_patience_ns(&crowd->group);

    if (crowd->group.joined == 0 || crowd->sync_ends_ns != NEVER || crowd->group.is_held)
        return;
    if (!holds || patience_ns == 0) {
        begin_sync(crowd);
        return;
    }
    crowd->group.is_held = true;
    crowd->gives_up_ns = crowd->now_ns + patience_ns;
}

static void
end_sync(struct crowd *crowd)
{
    crowd->sync_ends_ns = NEVER;
    crowd->syncs++;
    hf_group_end(&crowd->group, SYNC_NS);
    for (uint32_t i = 0; i < crowd->count; i++) {
        struct writer *writer = &crowd->writers[i];
        if (!writer->is_in)
            continue;
        writer->is_in = false;
        writer->comes_ns = crowd->now_ns + writer->think_ns;
        crowd->commits++;
    }
}

/* To the next thing that happens. */
static void
step(struct crowd *crowd, bool holds)
{
    struct writer *next = &crowd->writers[0];
    uint64_t at;

    for (uint32_t i = 1; i < crowd->count; i++)
        if (crowd->writers[i].comes_ns < next->comes_ns)
            next = &crowd->writers[i];
    at = next->comes_ns;
    if (crowd->sync_ends_ns < at)
        at = crowd->sync_ends_ns;
    if (crowd->gives_up_ns < at)
        at = crowd->gives_up_ns;
    if (crowd->group.is_held)
        crowd->waited_ns += at - crowd->now_ns;
    crowd->now_ns = at;
    if (at == crowd->gives_up_ns) {
        crowd->vain++;
        hf_group_give_up(&crowd->group);
        crowd->gives_up_ns = NEVER;
    } else if (at == crowd->sync_ends_ns) {
        end_sync(crowd);
    } else {
        next->comes_ns = NEVER;
        hf_group_join(&crowd->group);
        if (!crowd->group.is_held)
            crowd->gives_up_ns = NEVER;
    }
    lead_or_hold(crowd, holds);
}

/* Writers who come again after `think_ns`, each a little later than the one before. */
static struct crowd
run(uint32_t count, uint64_t think_ns, bool holds)
{
    struct crowd crowd = { .count = count, .sync_ends_ns = NEVER, .gives_up_ns = NEVER };

    for (uint32_t i = 0; i < count; i++)
        crowd.writers[i] =
            (struct writer){ .comes_ns = i * 1000, .think_ns = think_ns + i * 1000 };
    while (crowd.syncs < SYNCS)
        step(&crowd, holds);
    return crowd;
}

static void
test_full_groups(void)
{
    struct crowd held = run(8, 5000, true), plain = run(8, 5000, false);

    printf("# 8 writers: %.2f commits a sync, %.2f if none is held\n",
           (double)held.commits / SYNCS, (double)plain.commits / SYNCS);
    TAP_OK(plain.commits < 5 * SYNCS, "eight busy writers leave half of each group to nobody");
    TAP_OK(held.commits > 7 * SYNCS + 900, "held groups are of all eight");
    TAP_OK(held.vain == 0, "and nobody waits in vain for them");
}

/* Whatever writers do between commits: mostly holding is a gain there too. */
static void
test_no_loss(void)
{
    double worst = 0, best = 0;
    uint64_t vain = 0;

    for (uint32_t count = 1; count <= WRITERS_MAX; count++) {
        for (uint64_t think_ns = 0; think_ns < 4 * SYNC_NS; think_ns += 7000) {
            struct crowd held = run(count, think_ns, true), plain = run(count, think_ns, false);
            double gain = (double)held.commits / (double)held.now_ns * (double)plain.now_ns /
                              (double)plain.commits -
                          1;
            worst = gain < worst ? gain : worst;
            best = gain > best ? gain : best;
            vain = held.vain > vain ? held.vain : vain;
        }
    }
    printf("# commits in the same time: from %.1f %% to %+.1f %%\n", worst * 100, best * 100);
    TAP_OK(worst > -0.05, "no crowd commits 5 %% less than it would if no sync were held");
    TAP_OK(best > 0.9, "one of them commits nearly twice as much");
    TAP_OK(vain * 3 < SYNCS, "fewer than a third of the syncs are held in vain");
}

static void
test_alone(void)
{
    struct crowd crowd = run(1, 5000, true);

    TAP_OK(crowd.waited_ns == 0 && crowd.commits == SYNCS, "a lone writer never waits");
    crowd = run(8, 5000, true);
    crowd.count = 1;
    crowd.waited_ns = crowd.commits = crowd.syncs = 0;
    crowd.writers[0].comes_ns = crowd.now_ns;
    crowd.sync_ends_ns = crowd.gives_up_ns = NEVER;
    crowd.group = (struct hf_group){ .expected = 8, .sync_ns = SYNC_NS };
    while (crowd.syncs < SYNCS)
        step(&crowd, true);
    TAP_OK(crowd.waited_ns == SYNC_NS / 2, "one who was left alone waits once, half of a sync");
}

static void
test_short_syncs(void)
{
    struct hf_group group = { .expected = 8, .joined = 1 };

    TAP_OK(hf_group_patience_ns(&group) == 0, "before the first sync nobody waits");
    hf_group_end(&group, 1000);
    group.expected = 8;
    TAP_OK(hf_group_patience_ns(&group) == 0, "a sync shorter than a sleep is not held");
    hf_group_end(&group, UINT64_C(1000000000));
    group.expected = 8;
    TAP_OK(hf_group_patience_ns(&group) == 1000000, "a very long one no longer than a limit");
}

int
main(void)
{
    test_full_groups();
    test_no_loss();
    test_alone();
    test_short_syncs();
    return tap_done();
}
