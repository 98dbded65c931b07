/*
 * folder_test.c - folders, links between them, and what a sync of one says about another.
 *
 * Method: small lives on one machine, through the VFS alone, each under many seeds; what a
 * power cut leaves is looked at in a life of its own.
 */
#include "sim/machine/sim_test.h"

#define SEEDS 200u

static struct hf_dir *other; /* a second folder of the life under way */

static void
open_both(void)
{
    open_dir();
    must(hf_dir_open(&other, "copy", HF_DIR_CREATE, NULL));
}

static void
make(struct hf_dir *in, const char *name, uint8_t byte)
{
    struct hf_file *file;

    must(hf_file_open(&file, in, name, HF_FILE_CREATE, NULL));
    put(file, 0, byte, 1000);
    must(hf_file_sync(file, NULL));
}

/* The first byte of a file that all its bytes are equal to; 0: there is no such file. */
static uint8_t
look(struct hf_dir *in, const char *name)
{
    uint8_t bytes[2000];
    struct hf_file *file;
    size_t got;

    if (hf_file_open(&file, in, name, HF_FILE_READ, NULL) != HF_OK)
        return 0;
    must(hf_file_read(file, 0, bytes, sizeof bytes, &got, NULL));
    hf_file_close(file);
    return got == 1000 ? bytes[0] : 0;
}

/* What both folders hold under the names "f" and "g". */
static uint8_t seen_main[2], seen_other[2];

static void
look_at_both(void *context)
{
    (void)context;
    open_both();
    seen_main[0] = look(dir, "f");
    seen_main[1] = look(dir, "g");
    seen_other[0] = look(other, "f");
    seen_other[1] = look(other, "g");
}

/* Runs `act` until it crashes under `rules`, and then looks. */
static void
storm_and_look(uint64_t seed, struct sim_rule *rule, void (*act)(void *))
{
    boot(seed, rule, 1);
    (void)sim_machine_life(machine, act, NULL);
    sim_machine_calm(machine, true);
    (void)sim_machine_life(machine, look_at_both, NULL);
    sim_machine_calm(machine, false);
}

/* ---- names ------------------------------------------------------------------------------- */

static void
make_apart(void *context)
{
    (void)context;
    open_both();
    make(dir, "f", 'a');
    make(other, "f", 'b');
}

static void
test_names_apart(void)
{
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, make_apart, NULL);
    (void)sim_machine_life(machine, look_at_both, NULL);
    TAP_OK(seen_main[0] == 'a' && seen_other[0] == 'b' && seen_main[1] == 0,
           "one name in two folders is two files");
    sim_machine_clear(machine, "copy");
    (void)sim_machine_life(machine, look_at_both, NULL);
    TAP_OK(seen_main[0] == 'a' && seen_other[0] == 0,
           "a folder that is cleared takes no other");
}

static void
sync_one_folder(void *context)
{
    (void)context;
    open_both();
    make(dir, "f", 'a');
    make(other, "f", 'b');
    must(hf_dir_sync(other, NULL));
    crash_now();
}

static void
test_syncs_apart(void)
{
    struct sim_rule cut = crash_at_list(SIM_POWER_CUT, 1);
    unsigned lost = 0, kept = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        storm_and_look(seed, &cut, sync_one_folder);
        lost += seen_main[0] == 0;
        kept += seen_other[0] == 'b';
    }
    TAP_OK(kept == SEEDS, "a folder that was synced keeps its names");
    TAP_OK(lost > SEEDS / 10 && lost < SEEDS, "and says nothing of those of another");
}

static void
open_no_folder(void *context)
{
    enum hf_err *err = context;

    *err = hf_dir_open(&other, "nowhere", 0, NULL);
}

static void
test_missing(void)
{
    enum hf_err err = HF_OK;

    boot(1, NULL, 0);
    (void)sim_machine_life(machine, open_no_folder, &err);
    TAP_OK(err == HF_ERR_NOT_FOUND, "a folder that nobody made is not there");
}

/* ---- links ------------------------------------------------------------------------------- */

static void
link_and_crash(void *context)
{
    (void)context;
    open_both();
    make(dir, "f", 'a');
    must(hf_dir_sync(dir, NULL));
    must(hf_dir_link(dir, "f", other, NULL));
    must(hf_dir_sync(other, NULL));
    hf_dir_remove(dir, "f", NULL);
    must(hf_dir_sync(dir, NULL));
    make(dir, "g", 'g');
    crash_now();
}

static void
test_link(void)
{
    struct sim_rule cut = crash_at_list(SIM_POWER_CUT, 1);
    bool stays = true;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        storm_and_look(seed, &cut, link_and_crash);
        stays = stays && seen_main[0] == 0 && seen_other[0] == 'a';
    }
    TAP_OK(stays, "a file lives on under its second name when the first one goes");
}

static void
link_unsynced(void *context)
{
    (void)context;
    open_both();
    make(dir, "f", 'a');
    must(hf_dir_sync(dir, NULL));
    must(hf_dir_link(dir, "f", other, NULL));
    crash_now();
}

static void
test_link_is_a_name(void)
{
    struct sim_rule cut = crash_at_list(SIM_POWER_CUT, 1);
    unsigned lost = 0, first = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        storm_and_look(seed, &cut, link_unsynced);
        lost += seen_other[0] == 0;
        first += seen_main[0] == 'a';
    }
    TAP_OK(lost > SEEDS / 10 && lost < SEEDS && first == SEEDS,
           "a link that no sync of its folder covered may be lost, the file never");
}

static void
link_wrongly(void *context)
{
    bool *is_right = context;

    open_both();
    make(dir, "f", 'a');
    *is_right = hf_dir_link(dir, "g", other, NULL) == HF_ERR_NOT_FOUND;
    must(hf_dir_link(dir, "f", other, NULL));
    *is_right = *is_right && hf_dir_link(dir, "f", other, NULL) == HF_ERR_INVALID;
}

static void
test_link_errors(void)
{
    struct sim_rule none = at_call(SIM_NAME_ERROR, SIM_CALL_LINK, 1, SIM_BEFORE);
    bool is_right = false;

    boot(1, NULL, 0);
    (void)sim_machine_life(machine, link_wrongly, &is_right);
    TAP_OK(is_right, "a link needs a file, and a name that is free");
    boot(1, &none, 1);
    (void)sim_machine_life(machine, link_wrongly, &is_right);
    TAP_OK(!is_right, "and may be refused by the system");
}

/* ---- locks ------------------------------------------------------------------------------- */

static void
lock_both(void *context)
{
    bool *is_right = context;
    struct hf_dir *again;

    open_both();
    must(hf_dir_lock(dir, true, NULL));
    must(hf_dir_lock(other, true, NULL));
    must(hf_dir_open(&again, "db", 0, NULL));
    *is_right = hf_dir_lock(again, false, NULL) == HF_ERR_BUSY;
    hf_dir_close(dir);
    *is_right = *is_right && hf_dir_lock(again, true, NULL) == HF_OK;
}

static void
test_locks(void)
{
    bool is_right = false;

    boot(1, NULL, 0);
    (void)sim_machine_life(machine, lock_both, &is_right);
    TAP_OK(is_right, "each folder has a lock of its own");
}

int
main(void)
{
    test_names_apart();
    test_syncs_apart();
    test_missing();
    test_link();
    test_link_is_a_name();
    test_link_errors();
    test_locks();
    shut();
    return tap_done();
}
