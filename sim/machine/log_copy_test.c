/*
 * log_copy_test.c - which commits stand in front of a place in the log.
 *
 * Method: two segments made with the engine's own codec. The first holds commits 1 to 3; the
 * second goes on behind commit 2, at the end of its frame, and holds 3 and 4 of its own. Each
 * offset of both is asked for, then the chain is broken at each place that it hangs on.
 */
#include "sim/machine/log_copy.h"

#include "base/tap.h"
#include "sim/machine/test_wal.h"

#include <string.h>

#define SECTOR 512u
#define SIZE 4096u

static uint8_t segments[2][SIZE];
static uint64_t ends[2][2]; /* of the first and the second commit in each */
static const struct sim_log_start from_nothing;

/* Segment `number`, which begins behind what `link` says, with commits first, first + 1... */
static void
make_segment(uint32_t number, const struct hf_wal_link *link, unsigned commits)
{
    struct hf_wal_header header = {
        .format = HF_WAL_FORMAT, .sector = SECTOR, .number = number, .salt = number
    };
    struct hf_wal_group group = { .first = link->last + 1, .segment = number };
    uint8_t *segment = segments[number - 1];
    uint32_t base = hf_wal_mask_base(&header);
    uint64_t off = SECTOR + HF_WAL_GROUP_SIZE;

    memset(segment, 0, SIZE);
    hf_wal_header_encode(segment, &header);
    hf_wal_group_encode(segment + SECTOR, &group, base, SECTOR);
    off = test_add_link(segment, off, base, link);
    for (unsigned i = 0; i < commits; i++) {
        off = test_add_commit(segment, off, base, link->last + 1 + i);
        if (i < 2)
            ends[number - 1][i] = off;
    }
}

static struct sim_log_copy *
copy_both(void)
{
    struct sim_log_copy *copy = sim_log_copy_new();

    sim_log_copy_add(copy, "wal-0000000002", hf_span(segments[1], SIZE));
    sim_log_copy_add(copy, "wal-0000000001", hf_span(segments[0], SIZE));
    return copy;
}

static void
test_versions(void)
{
    struct sim_log_copy *copy = copy_both();
    bool is_chain = sim_log_copy_chain(copy, &from_nothing);
    unsigned wrong = 0;

    TAP_OK(is_chain && sim_log_copy_parts(copy) == 2 && sim_log_copy_newest(copy) == 2 &&
               sim_log_copy_part(copy, 0).number == 1 &&
               sim_log_copy_part(copy, 0).bytes.len == ends[0][1] &&
               sim_log_copy_part(copy, 1).bytes.len == ends[1][1],
           "the chain is both segments, each to where its last commit that counts ends");
    for (uint64_t off = 0; off <= ends[0][1]; off++)
        wrong += sim_log_copy_version(copy, 1, off) !=
                 (uint64_t)(off >= ends[0][0]) + (off >= ends[0][1]);
    TAP_OK(wrong == 0, "in front of a place are the commits whose frames end there or before");
    for (uint64_t off = 0; off <= ends[1][1]; off++)
        wrong += sim_log_copy_version(copy, 2, off) !=
                 2 + (uint64_t)(off >= ends[1][0]) + (off >= ends[1][1]);
    TAP_OK(wrong == 0, "and those of the segments before");
    sim_log_copy_free(copy);
}

static void
test_broken(void)
{
    struct sim_log_copy *copy = copy_both();

    sim_log_copy_hide(copy, "wal-0000000001", ends[0][0], ends[0][0] + 1);
    TAP_OK(sim_log_copy_chain(copy, &from_nothing) &&
               sim_log_copy_version(copy, 2, ends[1][1]) == 1,
           "nothing stands behind what cannot be read");
    sim_log_copy_hide(copy, "wal-0000000002", SECTOR, SECTOR + 1);
    TAP_OK(sim_log_copy_chain(copy, &from_nothing) && sim_log_copy_parts(copy) == 1,
           "a segment that is not begun is not in the chain");
    sim_log_copy_free(copy);
    copy = sim_log_copy_new();
    sim_log_copy_add(copy, "wal-0000000002", hf_span(segments[1], SIZE));
    TAP_OK(!sim_log_copy_chain(copy, &from_nothing), "without its beginning there is none");
    struct sim_log_start behind_two = { .manifest = 1, .log_first = 2, .last = 2 };
    TAP_OK(sim_log_copy_chain(copy, &behind_two) && sim_log_copy_version(copy, 2, 0) == 2,
           "unless a manifest takes the place of that");
    make_segment(2, &(struct hf_wal_link){ .last = 2 }, 2);
    sim_log_copy_add(copy, "wal-0000000002", hf_span(segments[1], SIZE));
    TAP_OK(!sim_log_copy_chain(copy, &from_nothing) && sim_log_copy_chain(copy, &behind_two),
           "nor is a segment the beginning that goes on behind tables");
    sim_log_copy_add(copy, "wal-0000000003.tmp", hf_span(segments[0], SIZE));
    TAP_OK(sim_log_copy_bytes(copy, 3).len == 0, "what is in the making does not count");
    sim_log_copy_free(copy);
}

int
main(void)
{
    make_segment(1, &(struct hf_wal_link){ .last = 0 }, 3);
    make_segment(2, &(struct hf_wal_link){ .prev = 1, .prev_end = ends[0][1], .last = 2 }, 2);
    test_versions();
    test_broken();
    return tap_done();
}
