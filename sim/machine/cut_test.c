/*
 * cut_test.c - what a power cut may and may not do, seen through the VFS alone.
 *
 * Method: the same short life on two hundred tapes, cut off at a known point, and a reader in
 * the next life who tells the outcomes apart. What must never happen is looked for in each;
 * what must be possible is demanded of at least one.
 */
#include "sim/machine/sim_test.h"

#define SEEDS 200u

static struct found found;

/* Runs `life`, cut off by its own first listing, under each seed; `look` judges what is
 * left. */
static void
cut_each(void (*life)(void *), const char *name, struct sim_rule *more, void (*look)(void))
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim_rule rules[2] = { crash_at_list(SIM_POWER_CUT, 1) };
        if (more != NULL)
            rules[1] = *more;
        boot(seed, rules, more == NULL ? 1 : 2);
        if (sim_machine_life(machine, life, NULL) != SIM_CUT_OFF) {
            printf("Bail out! the power was not cut\n");
            exit(1);
        }
        find(&found, name);
        look();
    }
}

/* A file of a new life whose first `size` bytes are `byte`, synced with its name. */
static struct hf_file *
begin(const char *name, uint8_t byte, size_t size)
{
    open_dir();
    struct hf_file *file = create(name);
    put(file, 0, byte, size);
    sync_all(file);
    return file;
}

/* ---- what a sync covered ----------------------------------------------------------------- */

static bool synced_stays, synced_size_stays;

static void
overwrite_elsewhere(void *context)
{
    (void)context;
    struct hf_file *file = begin("f", 'a', 2048);

    put(file, 512, 'b', 700);
    put(file, 2048, 'c', 5000);
    crash_now();
}

static void
look_at_synced(void)
{
    synced_stays =
        synced_stays && is_all(&found, 0, 512, 'a') && is_all(&found, 1536, 2048, 'a');
    synced_size_stays = synced_size_stays && found.exists && found.size >= 2048;
}

static void
test_synced(void)
{
    synced_stays = synced_size_stays = true;
    cut_each(overwrite_elsewhere, "f", NULL, look_at_synced);
    TAP_OK(synced_stays, "a synced sector that nothing was written to never changes");
    TAP_OK(synced_size_stays, "a synced size and a synced name stay");
}

/* ---- one unsynced sector over a synced one ----------------------------------------------- */

static unsigned news, olds, firsts, lasts, garbages, middles;

static void
overwrite_sector(void *context)
{
    (void)context;
    struct hf_file *file = begin("f", 'a', 512);

    put(file, 0, 'b', 512);
    put(file, 0, 'c', 512);
    crash_now();
}

static void
look_at_sector(void)
{
    if (is_all(&found, 0, 512, 'c'))
        news++;
    else if (is_all(&found, 0, 512, 'b'))
        middles++;
    else if (is_all(&found, 0, 512, 'a'))
        olds++;
    else if (found.at[0] == 'c' && found.at[511] != 'c')
        firsts++;
    else if (found.at[0] != 'c' && found.at[511] == 'c')
        lasts++;
    else
        garbages++;
}

static void
test_sector(void)
{
    news = olds = firsts = lasts = garbages = middles = 0;
    cut_each(overwrite_sector, "f", NULL, look_at_sector);
    printf("# new %u old %u between %u first %u last %u garbage %u\n", news, olds, middles,
           firsts, lasts, garbages);
    TAP_OK(news > 0 && olds > 0, "an unsynced sector may be new or old");
    TAP_OK(middles > 0, "or as an earlier write left it");
    TAP_OK(firsts > 0 && lasts > 0, "or torn, its first or its last bytes being new");
    TAP_OK(garbages > 0, "or garbage");
}

/* ---- sizes and data of an append --------------------------------------------------------- */

static unsigned wholes, shorts, zeros, remains, holes, latters;

static void
append(void *context)
{
    (void)context;
    struct hf_file *file = begin("gone", 'r', 4096);

    hf_file_close(file);
    must(hf_dir_remove(dir, "gone", NULL));
    must(hf_dir_sync(dir, NULL));
    file = create("f");
    put(file, 0, 'a', 512);
    sync_all(file);
    put(file, 512, 'b', 2048);
    crash_now();
}

static void
look_at_append(void)
{
    wholes += found.size == 2560 && is_all(&found, 512, 2560, 'b');
    shorts += found.size == 512;
    zeros += found.size == 2560 && is_all(&found, 512, 2560, 0);
    remains += found.size == 2560 && is_all(&found, 512, 1024, 'r');
    holes += found.size == 2560 && is_all(&found, 512, 1024, 'b') &&
             !is_all(&found, 1024, 2048, 'b') && is_all(&found, 2048, 2560, 'b');
    latters += found.size == 2560 && !is_all(&found, 512, 1024, 'b') &&
               is_all(&found, 2048, 2560, 'b');
}

static void
test_append(void)
{
    wholes = shorts = zeros = remains = holes = latters = 0;
    cut_each(append, "f", NULL, look_at_append);
    printf("# whole %u short %u zeros %u remains %u hole %u latter %u\n", wholes, shorts, zeros,
           remains, holes, latters);
    TAP_OK(wholes > 0 && shorts > 0, "an append may be there or not");
    TAP_OK(zeros > 0, "a size may get ahead of its data, which then is zeros");
    TAP_OK(remains > 0, "or what a removed file left there");
    TAP_OK(holes > 0 && latters > 0, "an append may have a hole, or lack its beginning");
}

/* ---- truncation -------------------------------------------------------------------------- */

static unsigned cuts, losts, earlies;

static void
truncate_and_write(void *context)
{
    (void)context;
    struct hf_file *file = begin("f", 'a', 2048);

    must(hf_file_truncate(file, 1024, NULL));
    put(file, 1024, 'b', 512);
    crash_now();
}

static void
look_at_truncation(void)
{
    cuts += found.size == 1536 && is_all(&found, 1024, 1536, 'b');
    losts += found.size == 2048 && is_all(&found, 1536, 2048, 'a');
    earlies += found.size == 1024;
}

static void
test_truncation(void)
{
    cuts = losts = earlies = 0;
    cut_each(truncate_and_write, "f", NULL, look_at_truncation);
    TAP_OK(cuts > 0 && losts > 0 && earlies > 0,
           "a truncation may survive, be lost, or survive what followed it");
}

/* ---- names ------------------------------------------------------------------------------- */

static unsigned both, neither, old_only, new_only, empties;
static bool renamed_whole;

static void
rename_unsynced_name(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("a.tmp");
    put(file, 0, 'a', 512);
    must(hf_file_sync(file, NULL));
    must(hf_dir_rename(dir, "a.tmp", "a", NULL));
    crash_now();
}

static void
look_at_names(void)
{
    bool is_old;

    renamed_whole = renamed_whole && (!found.exists || is_all(&found, 0, 512, 'a'));
    new_only += found.exists;
    find(&found, "a.tmp");
    is_old = found.exists;
    find(&found, "a");
    both += is_old && found.exists;
    neither += !is_old && !found.exists;
    old_only += is_old && !found.exists;
}

static void
test_names(void)
{
    renamed_whole = true;
    both = neither = old_only = new_only = 0;
    cut_each(rename_unsynced_name, "a", NULL, look_at_names);
    TAP_OK(neither > 0 && old_only > 0 && new_only > 0,
           "unsynced names may be lost, the rename alone, or nothing at all");
    TAP_OK(both == 0, "a rename is atomic");
    TAP_OK(renamed_whole, "what was synced under the old name is whole under the new one");
}

static void
replace_by_rename(void *context)
{
    (void)context;
    (void)begin("a", 'a', 512);
    struct hf_file *file = create("b");

    put(file, 0, 'b', 512);
    must(hf_dir_rename(dir, "b", "a", NULL));
    crash_now();
}

static void
look_at_replaced(void)
{
    news += is_all(&found, 0, 512, 'b');
    olds += is_all(&found, 0, 512, 'a');
    empties += found.exists && found.size == 0;
}

static void
test_replace(void)
{
    news = olds = empties = 0;
    cut_each(replace_by_rename, "a", NULL, look_at_replaced);
    TAP_OK(news > 0 && olds > 0, "a replacing rename may survive or be lost");
    TAP_OK(empties > 0, "and may get ahead of the data of what it names");
}

static void
remove_name(void *context)
{
    (void)context;
    (void)begin("a", 'a', 512);
    must(hf_dir_remove(dir, "a", NULL));
    crash_now();
}

static void
look_at_removed(void)
{
    news += !found.exists;
    olds += is_all(&found, 0, 512, 'a');
}

static void
test_remove(void)
{
    news = olds = 0;
    cut_each(remove_name, "a", NULL, look_at_removed);
    TAP_OK(news > 0 && olds > 0 && news + olds == SEEDS,
           "an unsynced removal may be undone, and then the file is whole");
}

/* ---- rules that aim a cut ---------------------------------------------------------------- */

static void
test_torn_write(void)
{
    static const enum sim_flavour hows[3] = { SIM_PREFIX, SIM_HOLE, SIM_SUBSECTOR };
    struct sim_rule rule = {
        .fault = SIM_TORN_WRITE, .when = SIM_WHEN_CRASH, .lo = 1, .hi = 1
    };

    for (int i = 0; i < 3; i++) {
        wholes = shorts = holes = latters = zeros = remains = 0;
        rule.flavour = hows[i];
        cut_each(append, "f", &rule, look_at_append);
        printf("# %s: whole %u latter %u hole %u\n", sim_flavour_name(hows[i]), wholes, latters,
               holes);
        TAP_OK(wholes < SEEDS / 10 && (hows[i] != SIM_HOLE || latters > SEEDS / 2) &&
                   (hows[i] != SIM_PREFIX || latters == 0),
               "torn_write tears: %s", sim_flavour_name(hows[i]));
    }
}

static void
test_lost_name(void)
{
    struct sim_rule rule = { .fault = SIM_LOST_NAME, .when = SIM_WHEN_CRASH, .lo = 1, .hi = 1 };

    rule.flavour = SIM_DROP;
    news = olds = empties = 0;
    cut_each(replace_by_rename, "a", &rule, look_at_replaced);
    TAP_OK(olds == SEEDS, "lost_name drops every pending name");
    rule.flavour = SIM_KEEP;
    news = olds = empties = 0;
    cut_each(replace_by_rename, "a", &rule, look_at_replaced);
    TAP_OK(olds == 0 && news == 0 && empties > SEEDS / 2, "or keeps them without their data");
}

static void
test_survive(void)
{
    struct sim_rule all = crash_at_list(SIM_POWER_CUT, 1);
    unsigned kept = 0, lost = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        all.survive = all.survive_of = 1;
        boot(seed, &all, 1);
        (void)sim_machine_life(machine, overwrite_sector, NULL);
        find(&found, "f");
        kept += is_all(&found, 0, 512, 'c');
        all.survive = 0;
        boot(seed, &all, 1);
        (void)sim_machine_life(machine, overwrite_sector, NULL);
        find(&found, "f");
        lost += !is_all(&found, 0, 512, 'c');
    }
    TAP_OK(kept == SEEDS && lost == SEEDS, "survive=1/1 keeps all, 0/1 nothing as it was");
}

/* ---- the other personality --------------------------------------------------------------- */

static void
test_sequential(void)
{
    struct sim_rule rule = crash_at_list(SIM_POWER_CUT, 1);
    struct sim_machine_config config = {
        .personality = SIM_SEQUENTIAL, .sector = 512, .rules = &rule, .rule_count = 1
    };
    bool is_prefix = true;

    news = olds = middles = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sim_tape_reset(tape, seed);
        sim_machine_reset(machine, &config, tape);
        (void)sim_machine_life(machine, overwrite_sector, NULL);
        find(&found, "f");
        look_at_sector();
        is_prefix = is_prefix && news + olds + middles == seed + 1;
    }
    TAP_OK(is_prefix && news > 0 && olds > 0 && middles > 0,
           "sequential keeps a prefix of the writes, whole");
}

int
main(void)
{
    test_synced();
    test_sector();
    test_append();
    test_truncation();
    test_names();
    test_replace();
    test_remove();
    test_torn_write();
    test_lost_name();
    test_survive();
    test_sequential();
    shut();
    return tap_done();
}
