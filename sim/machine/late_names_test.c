/*
 * late_names_test.c - names that one power cut loses, and a later one brings.
 *
 * Method: a life that creates, renames and removes through the VFS, and a cut that loses all of
 * it, or draws; then a life that leaves the places alone, or takes them, and a second cut; then
 * as many more as it takes for all to have come that comes. What is there is looked at in lives
 * of their own.
 */
#include "sim/machine/sim_test.h"

#define SEEDS 60u
#define CUTS 12u /* after so many nothing is waiting any more, but for once in 2^10 */
#define RULES (CUTS + 2)

static struct found found;

/* Cuts at the first listings; all names are lost at the first, and what is lost comes. */
static void
boot_late(enum sim_personality personality, uint64_t seed, bool drops)
{
    static struct sim_rule rules[RULES];
    struct sim_machine_config config = {
        .personality = personality, .sector = 512, .rules = rules, .rule_count = RULES
    };

    for (unsigned i = 0; i < CUTS; i++)
        rules[i] = crash_at_list(SIM_POWER_CUT, i + 1);
    rules[CUTS] =
        (struct sim_rule){ .fault = SIM_LATE_NAME, .when = SIM_WHEN_NTH_CRASH, .lo = 1 };
    rules[CUTS + 1] = (struct sim_rule){ .fault = SIM_LOST_NAME,
                                         .when = SIM_WHEN_NTH_CRASH,
                                         .lo = drops ? 1 : UINT64_MAX,
                                         .flavour = SIM_DROP };
    boot(seed, NULL, 0);
    sim_machine_reset(machine, &config, tape);
}

static bool
exists(const char *name)
{
    find(&found, name);
    return found.exists;
}

static void
change_names(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    create("removed");
    file = create("source");
    put(file, 0, 's', 600);
    sync_all(file);
    file = create("created");
    put(file, 0, 'c', 600);
    must(hf_file_sync(file, NULL));
    must(hf_dir_rename(dir, "source", "target", NULL));
    must(hf_dir_remove(dir, "removed", NULL));
    crash_now();
}

static void
leave_names(void *context)
{
    (void)context;
    open_dir();
    crash_now();
}

static void
look_around(void *context)
{
    (void)context;
    open_dir();
    (void)hf_dir_list(dir, ignore_name, NULL, NULL);
}

/* All cuts that are left, with nothing done in between. */
static void
wait_for_names(void)
{
    while (sim_machine_life(machine, look_around, NULL) == SIM_CUT_OFF)
        ;
}

static void
take_names(void *context)
{
    (void)context;
    open_dir();
    put(create("created"), 0, 'x', 10);
    put(create("target"), 0, 'x', 10);
    must(hf_dir_remove(dir, "removed", NULL));
    sync_all(create("removed"));
    crash_now();
}

static void
test_they_come(void)
{
    boot_late(SIM_POSIX_WORST, 1, true);
    (void)sim_machine_life(machine, change_names, NULL);
    TAP_OK(!exists("created") && !exists("target") && exists("source") && exists("removed"),
           "one cut loses names");
    wait_for_names();
    TAP_OK(exists("target") && found.size == 600 && found.at[599] == 's' && !exists("source"),
           "a later one brings a rename");
    TAP_OK(exists("created") && found.size == 600 && found.at[0] == 'c',
           "and a creation, with the bytes that were synced");
    TAP_OK(!exists("removed"), "and a removal");
}

static void
test_taken_places(void)
{
    boot_late(SIM_POSIX_WORST, 1, true);
    (void)sim_machine_life(machine, change_names, NULL);
    (void)sim_machine_life(machine, take_names, NULL);
    wait_for_names();
    TAP_OK(exists("created") && found.size != 600, "a name that was taken since stays");
    TAP_OK(exists("target") && found.size != 600 && exists("source"),
           "no rename replaces what came since");
    TAP_OK(exists("removed"), "no removal takes another file of that name");
}

/* Each place is taken, and as it was again, before the second cut. */
static void
take_and_free_names(void *context)
{
    (void)context;
    open_dir();
    sync_all(create("created"));
    must(hf_dir_remove(dir, "created", NULL));
    sync_all(create("target"));
    must(hf_dir_remove(dir, "target", NULL));
    must(hf_dir_sync(dir, NULL));
    crash_now();
}

static void
test_void(void)
{
    bool came = false;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        boot_late(SIM_POSIX_WORST, seed, true);
        (void)sim_machine_life(machine, change_names, NULL);
        (void)sim_machine_life(machine, take_and_free_names, NULL);
        wait_for_names();
        came = came || exists("created") || exists("target") || !exists("source");
    }
    TAP_OK(!came, "what was done to a place since is not undone, though it is free again");
}

static void
test_singly(void)
{
    unsigned one = 0, other = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        boot_late(SIM_POSIX_WORST, seed, true);
        (void)sim_machine_life(machine, change_names, NULL);
        (void)sim_machine_life(machine, leave_names, NULL);
        one += exists("created") && exists("removed");
        other += !exists("created") && !exists("removed");
    }
    TAP_OK(one > 0 && other > 0, "each comes by itself, one while others wait");
}

static void
test_personality(void)
{
    boot_late(SIM_EXT4_ORDERED, 1, true);
    (void)sim_machine_life(machine, change_names, NULL);
    wait_for_names();
    TAP_OK(!exists("created") && !exists("target") && exists("removed"),
           "a file system that orders its names brings none late");
}

static void
create_and_rename(void *context)
{
    (void)context;
    open_dir();
    create("created");
    must(hf_dir_rename(dir, "created", "target", NULL));
    crash_now();
}

static void
test_superseded(void)
{
    unsigned survived = 0, came = 0, both = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        boot_late(SIM_POSIX_WORST, seed, false);
        (void)sim_machine_life(machine, create_and_rename, NULL);
        bool was_there = exists("target");
        wait_for_names();
        bool is_there = exists("target");
        survived += was_there;
        came += is_there && !was_there;
        both += is_there && exists("created");
    }
    TAP_OK(survived > 0 && came > 0 && both == 0,
           "what a later operation has done for good to a name is not undone");
}

static void
clear_folder(void *context)
{
    (void)context;
    open_dir();
}

static void
test_cleared(void)
{
    boot_late(SIM_POSIX_WORST, 1, true);
    (void)sim_machine_life(machine, change_names, NULL);
    sim_machine_clear(machine, "db");
    (void)sim_machine_life(machine, clear_folder, NULL);
    wait_for_names();
    TAP_OK(!exists("created") && !exists("target"),
           "nothing comes late to a folder that was removed and made anew");
}

int
main(void)
{
    test_they_come();
    test_singly();
    test_taken_places();
    test_void();
    test_personality();
    test_superseded();
    test_cleared();
    shut();
    return tap_done();
}
