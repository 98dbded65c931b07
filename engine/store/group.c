/*
 * group.c - see group.h. Whoever was let go by the last sync, or has come since it began, is
 * expected to come again: writers that wait for their commits mostly do so in a loop.
 */
#include "store/group.h"

#define PATIENCE_SHARE 2u        /* a sync is held for one in so many of its nanoseconds, */
#define PATIENCE_NS_MIN 20000u   /* if that is not less than a sleep takes by itself, */
#define PATIENCE_NS_MAX 1000000u /* and no longer */
#define RESTS_MAX 63u

void
hf_group_join(struct hf_group *group)
{
    group->joined++;
    if (group->is_held && group->joined >= group->expected) {
        group->is_held = false;
        group->vain = 0;
    }
}

uint64_t
hf_group_patience_ns(const struct hf_group *group)
{
    uint64_t ns = group->sync_ns / PATIENCE_SHARE;

    if (group->joined >= group->expected || group->rests > 0 || ns < PATIENCE_NS_MIN)
        return 0;
    return ns < PATIENCE_NS_MAX ? ns : PATIENCE_NS_MAX;
}

void
hf_group_give_up(struct hf_group *group)
{
    group->is_held = false;
    group->expected = group->joined;
    group->vain = group->vain * 2 + 1 < RESTS_MAX ? group->vain * 2 + 1 : RESTS_MAX;
    group->rests = group->vain;
}

void
hf_group_begin(struct hf_group *group)
{
    group->round++;
    group->size = group->joined;
    group->joined = 0;
    group->is_held = false;
    if (group->rests > 0)
        group->rests--;
}

void
hf_group_end(struct hf_group *group, uint64_t sync_ns)
{
    group->sync_ns = sync_ns;
    group->expected = group->size + group->joined;
}
