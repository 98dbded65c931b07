/*
 * personality_test.c - what each file system may leave after a power cut, and what it may not.
 *
 * Method: one short life that overwrites synced data, appends, and makes names, cut off on
 * three hundred tapes under each personality, and one that appends to a block that is half
 * full, cut off inside the sync of that; the outcomes that are seen must be exactly those of
 * its row.
 */
#include "sim/machine/sim_test.h"

#define SEEDS 300u
#define OLD 4096u  /* synced bytes */
#define NEW 12288u /* bytes with what was appended */
#define NAMES 3u
#define HALF 700u /* synced bytes of a file that ends inside a sector */

static struct found found;

struct seen {
    bool torn;      /* old and new inside one sector, or something else in it */
    bool split;     /* old and new inside one block of 4 KiB */
    bool zeros;     /* zeros inside the size */
    bool remains;   /* something else inside the size, where nothing was before */
    bool reordered; /* a later name without an earlier one */
    bool hollow;    /* a new name without its data */
};

static const char *const names[NAMES] = { "x", "y", "z" };

static void
work(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', OLD);
    sync_all(file);
    put(file, 0, 'b', OLD);
    put(file, OLD, 'c', NEW - OLD);
    for (unsigned i = 0; i < NAMES; i++)
        put(create(names[i]), 0, 'd', 512);
    crash_now();
}

/* Two writes behind bytes that end inside a sector, and the sync of both. */
static void
grow(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', HALF);
    sync_all(file);
    put(file, HALF, 'c', 1000);
    put(file, HALF + 1000, 'c', 2000);
    must(hf_file_sync(file, NULL));
    printf("Bail out! the crash did not come\n");
    exit(1);
}

/* A sector that durable bytes end in, those of the file or those that the sync got to, may be
 * torn like any other. */
static bool
may_be_torn(size_t at)
{
    return at / 512 == HALF / 512 || at / 512 == (HALF + 1000) / 512;
}

static void
look_at_growth(struct seen *seen)
{
    find(&found, "f");
    for (size_t at = HALF; at < found.size; at++) {
        bool is_torn = may_be_torn(at) && found.at[at] != 0;
        seen->zeros = seen->zeros || found.at[at] == 0;
        seen->remains = seen->remains || (!is_torn && found.at[at] != 0 && found.at[at] != 'c');
    }
}

static void
look_at_file(struct seen *seen)
{
    bool has_old = false, has_new = false;

    find(&found, "f");
    for (size_t at = 0; at < OLD; at += 512) {
        bool is_old = is_all(&found, at, at + 512, 'a');
        bool is_new = is_all(&found, at, at + 512, 'b');
        has_old = has_old || is_old;
        has_new = has_new || is_new;
        seen->torn = seen->torn || (!is_old && !is_new);
    }
    seen->split = seen->split || (has_old && has_new);
    for (size_t at = OLD; at < found.size; at++) {
        seen->zeros = seen->zeros || found.at[at] == 0;
        seen->remains = seen->remains || (found.at[at] != 0 && found.at[at] != 'c');
    }
}

static void
look_at_names(struct seen *seen)
{
    bool is_missing = false;

    for (unsigned i = 0; i < NAMES; i++) {
        find(&found, names[i]);
        seen->reordered = seen->reordered || (found.exists && is_missing);
        seen->hollow = seen->hollow || (found.exists && found.size == 0);
        is_missing = is_missing || !found.exists;
    }
}

static struct seen
look(enum sim_personality personality)
{
    struct sim_rule rules[] = { crash_at_list(SIM_POWER_CUT, 1),
                                at_call(SIM_POWER_CUT, SIM_CALL_SYNC, 2, SIM_HALF) };
    struct sim_machine_config config = { .personality = personality, .sector = 512 };
    struct seen seen = { .torn = false };

    config.rule_count = 1;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sim_tape_reset(tape, seed);
        config.rules = &rules[0];
        sim_machine_reset(machine, &config, tape);
        (void)sim_machine_life(machine, work, NULL);
        look_at_file(&seen);
        look_at_names(&seen);
        config.rules = &rules[1];
        sim_machine_reset(machine, &config, tape);
        (void)sim_machine_life(machine, grow, NULL);
        look_at_growth(&seen);
    }
    return seen;
}

static void
test_row(enum sim_personality personality, struct seen admitted)
{
    const char *name = sim_personality_name(personality);
    struct seen seen = look(personality);

    TAP_OK(seen.torn == admitted.torn, "%s %s a sector", name,
           admitted.torn ? "may tear" : "does not tear");
    TAP_OK(seen.split == admitted.split, "%s %s a block", name,
           admitted.split ? "may split" : "does not split");
    TAP_OK(seen.zeros == admitted.zeros, "%s %s zeros for what was appended", name,
           admitted.zeros ? "may show" : "does not show");
    TAP_OK(seen.remains == admitted.remains, "%s %s remains of other files", name,
           admitted.remains ? "may show" : "does not show");
    TAP_OK(seen.reordered == admitted.reordered, "%s %s names", name,
           admitted.reordered ? "may reorder" : "does not reorder");
    TAP_OK(seen.hollow == admitted.hollow, "%s %s a new name without its data", name,
           admitted.hollow ? "may keep" : "does not keep");
}

int
main(void)
{
    static const struct {
        enum sim_personality personality;
        struct seen admitted;
    } rows[] = {
        /* torn split zeros remains reordered hollow */
        { SIM_POSIX_WORST, { true, true, true, true, true, true } },
        { SIM_EXT4_ORDERED, { true, true, false, false, false, true } },
        { SIM_EXT4_WRITEBACK, { true, true, true, true, false, true } },
        { SIM_XFS, { true, true, true, false, false, true } },
        { SIM_BTRFS, { false, false, false, false, true, true } },
    };

    boot(0, NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(rows[i].personality, rows[i].admitted);
    shut();
    return tap_done();
}
