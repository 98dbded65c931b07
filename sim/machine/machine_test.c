/*
 * machine_test.c - lives and crashes, memory, locks, the order rules, and determinism.
 *
 * Method: small lives on one machine, through the VFS alone; an ordered protocol with one step
 * left out at a time for the order rules.
 */
#include "sim/machine/sim_test.h"

static struct found found;

/* ---- crashes ----------------------------------------------------------------------------- */

static void
write_unsynced(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', 3000);
    crash_now();
}

static void
just_crash(void *context)
{
    (void)context;
    open_dir();
    crash_now();
}

static void
test_kill(void)
{
    struct sim_rule rules[2] = { crash_at_list(SIM_PROCESS_KILL, 1),
                                 crash_at_list(SIM_POWER_CUT, 2) };
    bool stays = true;
    unsigned gone = 0;

    for (uint64_t seed = 0; seed < 100; seed++) {
        boot(seed, rules, 2);
        stays = stays && sim_machine_life(machine, write_unsynced, NULL) == SIM_KILLED;
        find(&found, "f");
        stays = stays && found.size == 3000 && is_all(&found, 0, 3000, 'a');
        stays = stays && sim_machine_life(machine, just_crash, NULL) == SIM_CUT_OFF;
        find(&found, "f");
        gone += !is_all(&found, 0, 3000, 'a');
    }
    TAP_OK(stays, "a process kill keeps everything");
    TAP_OK(gone > 30, "and what it kept, a later power cut can still take");
}

static void
crash_in_write(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', 3000);
}

static void
test_crash_inside(void)
{
    unsigned none = 0, part = 0, all = 0;

    for (uint64_t seed = 0; seed < 100; seed++) {
        struct sim_rule rule = at_call(SIM_PROCESS_KILL, SIM_CALL_WRITE, 1, SIM_FLAVOUR_ANY);
        boot(seed, &rule, 1);
        (void)sim_machine_life(machine, crash_in_write, NULL);
        find(&found, "f");
        none += found.size == 0;
        part += found.size > 0 && found.size < 3000;
        all += found.size == 3000;
    }
    TAP_OK(none > 0 && part > 0 && all > 0,
           "a crash strikes before, half way through or after a write");
}

static void
sync_half_way(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    sync_all(file);
    put(file, 0, 'a', 512);
    put(file, 512, 'a', 512);
    must(hf_file_sync(file, NULL));
}

static void
test_crash_in_sync(void)
{
    struct sim_rule rules[2] = { at_call(SIM_PROCESS_KILL, SIM_CALL_SYNC, 2, SIM_HALF),
                                 crash_at_list(SIM_POWER_CUT, 1) };
    unsigned none = 0, part = 0, all = 0;

    rules[1].survive_of = 1; /* nothing pending survives */
    for (uint64_t seed = 0; seed < 100; seed++) {
        boot(seed, rules, 2);
        (void)sim_machine_life(machine, sync_half_way, NULL);
        (void)sim_machine_life(machine, just_crash, NULL);
        find(&found, "f");
        none += !is_all(&found, 0, 512, 'a');
        part += is_all(&found, 0, 512, 'a') && !is_all(&found, 512, 1024, 'a');
        all += is_all(&found, 0, 1024, 'a');
    }
    TAP_OK(none > 0 && part > 0 && all > 0,
           "and half way through a sync some of it is durable");
}

/* ---- what a sync covers ------------------------------------------------------------------ */

static struct hf_file *shared_file;

static void
write_more(void *context)
{
    (void)context;
    put(shared_file, 512, 'b', 512);
}

static void
sync_overlapped(void *context)
{
    (void)context;
    open_dir();
    shared_file = create("f");
    put(shared_file, 0, 'a', 512);
    must(hf_dir_sync(dir, NULL));
    sim_machine_on_sync(machine, write_more, NULL);
    must(hf_file_sync(shared_file, NULL));
    crash_now();
}

static void
test_overlap(void)
{
    struct sim_rule rule = crash_at_list(SIM_POWER_CUT, 1);
    bool covered = true;
    unsigned lost = 0;

    for (uint64_t seed = 0; seed < 100; seed++) {
        boot(seed, &rule, 1);
        (void)sim_machine_life(machine, sync_overlapped, NULL);
        find(&found, "f");
        covered = covered && is_all(&found, 0, 512, 'a');
        lost += !is_all(&found, 512, 1024, 'b');
    }
    TAP_OK(covered, "a sync covers what was written before it");
    TAP_OK(lost > 30, "and not what was written while it ran");
}

/* ---- memory, locks ----------------------------------------------------------------------- */

static bool memory_holds;

static void
use_memory(void *context)
{
    uint8_t *blocks[200];
    uint8_t *area;

    (void)context;
    memory_holds = true;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            blocks[i] = hf_env_alloc(i * 7 + 1);
            memset(blocks[i], (int)i, i * 7 + 1);
        }
        area = hf_env_map(70000);
        memory_holds = memory_holds && (uintptr_t)area % HF_ENV_PAGE == 0;
        for (size_t i = 0; i < 70000; i++)
            memory_holds = memory_holds && area[i] == 0;
        memset(area, 1, 70000);
        for (size_t i = 0; i < 200; i++) {
            memory_holds = memory_holds && blocks[i][0] == i && blocks[i][i * 7] == i;
            hf_env_free(blocks[i]);
        }
        hf_env_unmap(area, 70000);
    }
}

static void
leak_memory(void *context)
{
    (void)context;
    (void)hf_env_alloc(1 << 20);
    (void)hf_env_alloc(5);
}

static void
test_memory(void)
{
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, use_memory, NULL);
    TAP_OK(memory_holds, "blocks keep apart, and areas are zeroed and on a page");
    TAP_OK(sim_machine_leaks(machine) == 0, "what is given back is no leak");
    (void)sim_machine_life(machine, leak_memory, NULL);
    TAP_OK(sim_machine_leaks(machine) == 2, "what is not is counted");
    (void)sim_machine_life(machine, use_memory, NULL);
    TAP_OK(memory_holds && sim_machine_leaks(machine) == 0, "and gone with its life");
}

static void
lock_twice(void *context)
{
    struct hf_mutex *mutex;

    (void)context;
    must(hf_mutex_open(&mutex));
    hf_mutex_lock(mutex);
    hf_mutex_lock(mutex);
}

static void
wait_for_ever(void *context)
{
    struct hf_mutex *mutex;
    struct hf_cond *cond;

    (void)context;
    must(hf_mutex_open(&mutex));
    must(hf_cond_open(&cond));
    hf_mutex_lock(mutex);
    hf_cond_wait(cond, mutex, 5000000);
    if (sim_machine_now_us(machine) >= 5000)
        hf_cond_wait(cond, mutex, 0);
}

static void
test_stuck(void)
{
    boot(1, NULL, 0);
    TAP_OK(sim_machine_life(machine, lock_twice, NULL) == SIM_STUCK &&
               sim_machine_stuck(machine) != NULL,
           "a mutex locked twice ends the life");
    TAP_OK(sim_machine_life(machine, wait_for_ever, NULL) == SIM_STUCK &&
               strcmp(sim_machine_stuck(machine), "a wait began that nothing can end") == 0,
           "so does a wait without a limit, and one with a limit ends");
}

static enum hf_err second_lock, third_lock;

static void
lock_directories(void *context)
{
    struct hf_dir *one, *two;

    (void)context;
    must(hf_dir_open(&one, "db", HF_DIR_CREATE, NULL));
    must(hf_dir_open(&two, "db", 0, NULL));
    must(hf_dir_lock(one, true, NULL));
    second_lock = hf_dir_lock(two, false, NULL);
    hf_dir_close(one);
    third_lock = hf_dir_lock(two, false, NULL);
}

static void
test_dir_lock(void)
{
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, lock_directories, NULL);
    TAP_OK(second_lock == HF_ERR_BUSY && third_lock == HF_OK,
           "a directory is locked until closed");
    (void)sim_machine_life(machine, lock_directories, NULL);
    TAP_OK(third_lock == HF_OK, "or until its life ends");
}

/* ---- names ------------------------------------------------------------------------------- */

static char listed[512];

static enum hf_err
note_name(void *context, const char *name)
{
    (void)context;
    strncat(listed, name, sizeof listed - strlen(listed) - 1);
    return HF_OK;
}

static void
list_three(void *context)
{
    (void)context;
    open_dir();
    create("a"), create("b"), create("c");
    listed[0] = '\0';
    must(hf_dir_list(dir, note_name, NULL, NULL));
}

static void
test_list(void)
{
    bool seen_abc = false, seen_other = false, whole = true;

    for (uint64_t seed = 0; seed < 50; seed++) {
        boot(seed, NULL, 0);
        (void)sim_machine_life(machine, list_three, NULL);
        seen_abc = seen_abc || strcmp(listed, "abc") == 0;
        seen_other = seen_other || strcmp(listed, "abc") != 0;
        whole = whole && strlen(listed) == 3 && strchr(listed, 'a') && strchr(listed, 'b') &&
                strchr(listed, 'c');
    }
    TAP_OK(whole && seen_abc && seen_other, "a listing has every name once, in no order");
}

/* ---- the order rules --------------------------------------------------------------------- */

enum step { SYNC_FILE, RENAME, SYNC_NAME, REMOVE_OLD, STEP_COUNT };

/* The way from one segment to the next, its steps in the order of `context`. */
static void
replace_segment(void *context)
{
    const enum step *steps = context;
    struct hf_file *file;

    open_dir();
    file = create("wal-0000000001");
    put(file, 0, 'h', 60);
    sync_all(file);
    put(file, 512, 'd', 100);
    must(hf_file_sync(file, NULL));
    file = create("wal-0000000002.tmp");
    put(file, 0, 'h', 60);
    put(file, 512, 'd', 100);
    for (int i = 0; i < STEP_COUNT; i++) {
        if (steps[i] == SYNC_FILE)
            must(hf_file_sync(file, NULL));
        else if (steps[i] == RENAME)
            must(hf_dir_rename(dir, "wal-0000000002.tmp", "wal-0000000002", NULL));
        else if (steps[i] == SYNC_NAME)
            must(hf_dir_sync(dir, NULL));
        else
            must(hf_dir_remove(dir, "wal-0000000001", NULL));
    }
}

static bool
breaches(enum step a, enum step b, enum step c, enum step d)
{
    enum step steps[STEP_COUNT] = { a, b, c, d };

    boot(1, NULL, 0);
    (void)sim_machine_life(machine, replace_segment, steps);
    return sim_machine_order_breach(machine) != NULL;
}

static void
write_before_name(void *context)
{
    struct hf_file *file;

    open_dir();
    file = create("wal-0000000001");
    put(file, 0, 'h', 60);
    put(file, 512, 0, 512);
    must(hf_file_sync(file, NULL));
    if (context != NULL)
        must(hf_dir_sync(dir, NULL));
    put(file, 512, 'd', 100);
}

static void
test_order(void)
{
    int yes = 1;

    TAP_OK(!breaches(SYNC_FILE, RENAME, SYNC_NAME, REMOVE_OLD),
           "the right order breaks no rule");
    TAP_OK(breaches(RENAME, SYNC_FILE, SYNC_NAME, REMOVE_OLD),
           "a rename ahead of the sync does");
    TAP_OK(breaches(SYNC_FILE, RENAME, REMOVE_OLD, SYNC_NAME),
           "a removal ahead of the successor's name does");
    TAP_OK(breaches(REMOVE_OLD, SYNC_FILE, RENAME, SYNC_NAME), "one ahead of everything does");
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, write_before_name, &yes);
    TAP_OK(sim_machine_order_breach(machine) == NULL, "data behind a durable name breaks none");
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, write_before_name, NULL);
    TAP_OK(sim_machine_order_breach(machine) != NULL, "data ahead of it does");
}

/* ---- durability at a glance, and determinism --------------------------------------------- */

static bool durable[3];

static void
ask_durable(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 100, 'x', 40);
    durable[0] = sim_machine_is_durable(machine, hf_span("xxxx", 4));
    must(hf_file_sync(file, NULL));
    durable[1] = sim_machine_is_durable(machine, hf_span("xxxx", 4));
    must(hf_dir_sync(dir, NULL));
    durable[2] = sim_machine_is_durable(machine, hf_span("xxxx", 4));
}

static void
test_is_durable(void)
{
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, ask_durable, NULL);
    TAP_OK(!durable[0] && !durable[1] && durable[2],
           "bytes are durable when they and their name are synced");
}

static uint64_t
run_hash(uint64_t seed)
{
    struct sim_rule rules[3] = { crash_at_list(SIM_POWER_CUT, 1),
                                 at_call(SIM_SHORT_WRITE, SIM_CALL_WRITE, 1, SIM_FLAVOUR_ANY) };

    rules[1].when = SIM_WHEN_CHANCE;
    rules[1].hi = 2;
    boot(seed, rules, 2);
    (void)sim_machine_life(machine, write_unsynced, NULL);
    find(&found, "f");
    return sim_machine_hash(machine);
}

static unsigned timeline_lines;

static void
count_line(void *context, const char *line)
{
    (void)context;
    timeline_lines += line[0] != '\0';
}

static void
test_determinism(void)
{
    bool same = true;
    unsigned distinct = 0;
    const uint64_t *hashes;
    uint64_t once;

    for (uint64_t seed = 0; seed < 50; seed++) {
        once = run_hash(seed);
        same = same && once == run_hash(seed);
        distinct += once != run_hash(seed + 1);
    }
    TAP_OK(same && distinct > 40, "the same tape has the same hash, another one another");
    sim_machine_keep_hashes(machine, true);
    sim_machine_keep_timeline(machine, true);
    once = run_hash(1);
    TAP_OK(sim_machine_hashes(machine, &hashes) > 5 &&
               hashes[sim_machine_hashes(machine, &hashes) - 1] == once,
           "kept hashes end with the last one");
    sim_machine_timeline(machine, count_line, NULL);
    TAP_OK(timeline_lines > 5, "and a timeline tells what happened");
}

static void
rename_once(void *context)
{
    (void)context;
    open_dir();
    put(create("b"), 0, 'x', 1);
    must(hf_dir_rename(dir, "b", "a", NULL));
}

static void
find_rename(void *is_told, const char *line)
{
    *(bool *)is_told = *(bool *)is_told || strstr(line, "rename b to a: OK") != NULL;
}

static void
test_rename_line(void)
{
    bool is_told = false;

    boot(1, NULL, 0);
    sim_machine_keep_timeline(machine, true);
    (void)sim_machine_life(machine, rename_once, NULL);
    sim_machine_timeline(machine, find_rename, &is_told);
    TAP_OK(is_told, "a timeline says both names of a rename");
}

int
main(void)
{
    test_kill();
    test_crash_inside();
    test_crash_in_sync();
    test_overlap();
    test_memory();
    test_stuck();
    test_dir_lock();
    test_list();
    test_order();
    test_is_durable();
    test_determinism();
    test_rename_line();
    shut();
    return tap_done();
}
