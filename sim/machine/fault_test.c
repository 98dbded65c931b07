/*
 * fault_test.c - each fault that strikes at a call does what its name says, at that call.
 *
 * Method: one rule, one life that meets it, and a look at what a reader then sees, now and
 * after a crash. Where the fault leaves something open, a hundred tapes are tried.
 */
#include "sim/machine/sim_test.h"

#define SEEDS 100u

static struct found found;
static enum hf_err got_err;
static size_t got_len;

/* ---- syncs ------------------------------------------------------------------------------- */

/* One synced write, one whose sync the rule fails, one more sync, then the crash of rule 1. */
static void
sync_twice(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', 4096);
    sync_all(file);
    put(file, 0, 'b', 4096);
    got_err = hf_file_sync(file, NULL);
    must(hf_file_sync(file, NULL));
    must(hf_file_read(file, 0, found.at, 4096, &found.size, NULL));
    crash_now();
}

struct outcome {
    unsigned cached_new, cached_old, after_new, after_old, after_mixed;
};

static struct outcome
fail_syncs(enum sim_flavour flavour, enum sim_fault crash)
{
    struct outcome outcome = { 0 };

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim_rule rules[2] = { at_call(SIM_SYNC_ERROR, SIM_CALL_SYNC, 2, flavour),
                                     crash_at_list(crash, 1) };
        boot(seed, rules, 2);
        (void)sim_machine_life(machine, sync_twice, NULL);
        outcome.cached_new += is_all(&found, 0, 4096, 'b');
        outcome.cached_old += is_all(&found, 0, 4096, 'a');
        find(&found, "f");
        if (is_all(&found, 0, 4096, 'b'))
            outcome.after_new++;
        else if (is_all(&found, 0, 4096, 'a'))
            outcome.after_old++;
        else
            outcome.after_mixed++;
        if (got_err != HF_ERR_IO && got_err != HF_ERR_FULL)
            outcome.cached_new = SEEDS + 1;
    }
    return outcome;
}

static void
test_sync_errors(void)
{
    struct outcome outcome = fail_syncs(SIM_CLEAN, SIM_POWER_CUT);

    TAP_OK(outcome.cached_new == SEEDS, "a failed sync leaves the new bytes in the cache");
    TAP_OK(outcome.after_new == 0 && outcome.after_old > 0 && outcome.after_mixed > 0,
           "its pages are lost for good, though the next sync says nothing of it");
    outcome = fail_syncs(SIM_CLEAN, SIM_PROCESS_KILL);
    TAP_OK(outcome.after_new == SEEDS, "which a process kill does not show");
    outcome = fail_syncs(SIM_DURABLE, SIM_POWER_CUT);
    TAP_OK(outcome.after_new == SEEDS, "or everything is durable in spite of the error");
    outcome = fail_syncs(SIM_EVICT, SIM_PROCESS_KILL);
    TAP_OK(outcome.cached_new > 0 && outcome.cached_new < SEEDS && outcome.after_new == 0,
           "or the cache forgets, at once or later");
}

static void
rewrite_after_failed_sync(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', 512);
    got_err = hf_file_sync(file, NULL);
    put(file, 256, 'b', 16);
    sync_all(file);
    crash_now();
}

static void
test_page_rewritten(void)
{
    bool is_whole = true;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim_rule rules[2] = { at_call(SIM_SYNC_ERROR, SIM_CALL_SYNC, 1, SIM_CLEAN),
                                     crash_at_list(SIM_POWER_CUT, 1) };
        boot(seed, rules, 2);
        (void)sim_machine_life(machine, rewrite_after_failed_sync, NULL);
        find(&found, "f");
        is_whole = is_whole && is_all(&found, 0, 256, 'a') && is_all(&found, 256, 272, 'b') &&
                   is_all(&found, 272, 512, 'a');
    }
    TAP_OK(is_whole, "a later write to a lost page makes the page whole again");
}

static void
fail_dir_sync(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', 512);
    must(hf_file_sync(file, NULL));
    got_err = hf_dir_sync(dir, NULL);
    crash_now();
}

static void
test_dir_sync_error(void)
{
    unsigned there = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim_rule rules[2] = { at_call(SIM_SYNC_ERROR, SIM_CALL_DIR_SYNC, 1, SIM_CLEAN),
                                     crash_at_list(SIM_POWER_CUT, 1) };
        boot(seed, rules, 2);
        (void)sim_machine_life(machine, fail_dir_sync, NULL);
        find(&found, "f");
        there += found.exists;
    }
    TAP_OK(got_err == HF_ERR_IO && there > 0 && there < SEEDS,
           "after a failed directory sync names may be lost or not");
}

static void
sync_once(void *context)
{
    (void)context;
    open_dir();
    sync_all(create("f"));
}

static void
test_slow_sync(void)
{
    struct sim_rule rule = at_call(SIM_SYNC_SLOW, SIM_CALL_SYNC, 1, SIM_FLAVOUR_ANY);
    uint64_t usual;

    boot(0, NULL, 0);
    (void)sim_machine_life(machine, sync_once, NULL);
    usual = sim_machine_now_us(machine);
    rule.duration = 70;
    boot(0, &rule, 1);
    (void)sim_machine_life(machine, sync_once, NULL);
    TAP_OK(sim_machine_now_us(machine) == usual + 70000,
           "a slow sync takes as long as it says");
}

/* ---- reads and writes -------------------------------------------------------------------- */

static void
write_then_read(void *context)
{
    static uint8_t bytes[3000];
    struct hf_file *file;
    size_t done = 0;

    (void)context;
    open_dir();
    file = create("f");
    memset(bytes, 'w', sizeof bytes);
    got_err = hf_file_write(file, 0, hf_span(bytes, sizeof bytes), &done, NULL);
    got_len = done;
    if (got_err == HF_OK && done == sizeof bytes) {
        got_err = hf_file_read(file, 0, found.at, sizeof bytes, &got_len, NULL);
        if (got_err == HF_ERR_IO)
            got_len = hf_file_read(file, 0, found.at, sizeof bytes, &done, NULL) == HF_OK;
    }
}

static void
test_short(void)
{
    struct sim_rule rule = at_call(SIM_SHORT_WRITE, SIM_CALL_WRITE, 1, SIM_FLAVOUR_ANY);
    bool is_short = true, is_true = true;
    unsigned lengths = 0;
    size_t last = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, &rule, 1);
        (void)sim_machine_life(machine, write_then_read, NULL);
        is_short = is_short && got_err == HF_OK && got_len >= 1 && got_len < 3000;
        lengths += got_len != last;
        last = got_len;
        find(&found, "f");
        is_true = is_true && found.size == last && is_all(&found, 0, last, 'w');
    }
    TAP_OK(is_short && lengths > SEEDS / 2,
           "a short write takes some of the bytes, any number");
    TAP_OK(is_true, "and tells the truth about them");
    rule = at_call(SIM_SHORT_READ, SIM_CALL_READ, 1, SIM_FLAVOUR_ANY);
    boot(1, &rule, 1);
    (void)sim_machine_life(machine, write_then_read, NULL);
    TAP_OK(got_err == HF_OK && got_len >= 1 && got_len < 3000, "a short read likewise");
}

static void
test_write_error(void)
{
    static const enum sim_flavour flavours[3] = { SIM_BEFORE, SIM_HALF, SIM_AFTER };
    unsigned none[3] = { 0 }, part[3] = { 0 }, all[3] = { 0 };

    for (int i = 0; i < 3; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct sim_rule rule = at_call(SIM_WRITE_ERROR, SIM_CALL_WRITE, 1, flavours[i]);
            boot(seed, &rule, 1);
            (void)sim_machine_life(machine, write_then_read, NULL);
            find(&found, "f");
            if (got_err != HF_ERR_IO)
                continue;
            none[i] += found.size == 0;
            all[i] += found.size == 3000 && is_all(&found, 0, 3000, 'w');
            part[i] += found.size > 0 && !is_all(&found, 0, 3000, 'w');
        }
    }
    TAP_OK(none[0] == SEEDS, "a write error before the effect writes nothing");
    TAP_OK(part[1] > SEEDS / 2, "half way it leaves a part");
    TAP_OK(all[2] == SEEDS, "and after it everything");
}

static void
test_read_error(void)
{
    struct sim_rule rule = at_call(SIM_READ_ERROR, SIM_CALL_READ, 1, SIM_ONCE);
    struct sim_ledger ledger;

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, write_then_read, NULL);
    TAP_OK(got_err == HF_ERR_IO && got_len == 1, "a read error once goes away");
    TAP_OK(sim_machine_explains(machine) && !sim_machine_explains(machine),
           "and explains one refusal");
    rule.flavour = SIM_STICKY;
    boot(1, &rule, 1);
    (void)sim_machine_life(machine, write_then_read, NULL);
    TAP_OK(got_err == HF_ERR_IO && got_len == 0, "a sticky one stays");
    ledger = sim_machine_ledger(machine);
    TAP_OK(ledger.damaged == 1 && ledger.harmless == 1, "and is in the ledger as read");
    TAP_OK(sim_machine_explains(machine) && sim_machine_explains(machine) &&
               sim_machine_ledger(machine).reported == 1,
           "explaining every refusal");
}

/* ---- space ------------------------------------------------------------------------------- */

static enum hf_err create_err, rewrite_err, grow_err, later_err;

static void
fill_disk(void *context)
{
    static uint8_t bytes[1024];
    struct hf_file *file, *other = NULL;
    size_t put_len;

    (void)context;
    open_dir();
    file = create("f");
    put(file, 0, 'a', 1024);
    sim_machine_step(machine);
    grow_err = hf_file_write(file, 1024, hf_span(bytes, sizeof bytes), &put_len, NULL);
    rewrite_err = hf_file_write(file, 0, hf_span(bytes, sizeof bytes), &put_len, NULL);
    create_err = hf_file_open(&other, dir, "g", HF_FILE_CREATE, NULL);
    sim_machine_step(machine);
    sim_machine_step(machine);
    later_err = hf_file_write(file, 1024, hf_span(bytes, sizeof bytes), &put_len, NULL);
}

static void
test_disk_full(void)
{
    struct sim_rule rule = {
        .fault = SIM_DISK_FULL, .when = SIM_WHEN_STEP, .lo = 1, .duration = 2
    };
    struct sim_machine_config config = { .sector = 512, .disk_bytes = 1536 };
    size_t size_max = 0;

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, fill_disk, NULL);
    TAP_OK(grow_err == HF_ERR_FULL && create_err == HF_ERR_FULL,
           "on a full disk nothing grows and nothing is created");
    TAP_OK(rewrite_err == HF_OK, "blocks that are there can be written");
    TAP_OK(later_err == HF_OK, "and after its time there is space again");

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sim_tape_reset(tape, seed);
        sim_machine_reset(machine, &config, tape);
        (void)sim_machine_life(machine, fill_disk, NULL);
        find(&found, "f");
        size_max = found.size > size_max ? found.size : size_max;
    }
    TAP_OK(size_max == 1536, "a disk has the size it has");
}

/* ---- names and memory -------------------------------------------------------------------- */

static void
create_and_rename(void *context)
{
    struct hf_file *file = NULL;

    (void)context;
    open_dir();
    got_err = hf_file_open(&file, dir, "a", HF_FILE_CREATE, NULL);
    if (got_err == HF_OK)
        got_err = hf_dir_rename(dir, "a", "b", NULL);
    if (got_err == HF_OK)
        got_err = hf_dir_remove(dir, "b", NULL);
}

static bool
is_there_after(enum sim_call call, enum sim_flavour flavour, const char *name)
{
    struct sim_rule rule = at_call(SIM_NAME_ERROR, call, 1, flavour);

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, create_and_rename, NULL);
    find(&found, name);
    return got_err == HF_ERR_IO && found.exists;
}

static void
test_name_errors(void)
{
    TAP_OK(!is_there_after(SIM_CALL_CREATE, SIM_BEFORE, "a") &&
               is_there_after(SIM_CALL_CREATE, SIM_AFTER, "a"),
           "a creation fails before or after its effect");
    TAP_OK(is_there_after(SIM_CALL_RENAME, SIM_BEFORE, "a") &&
               is_there_after(SIM_CALL_RENAME, SIM_AFTER, "b"),
           "a rename likewise");
    TAP_OK(is_there_after(SIM_CALL_REMOVE, SIM_BEFORE, "b") &&
               !is_there_after(SIM_CALL_REMOVE, SIM_AFTER, "b"),
           "a removal likewise");
}

static unsigned refusals;

static void
allocate(void *context)
{
    (void)context;
    refusals = 0;
    for (int i = 0; i < 10; i++) {
        void *at = i % 2 == 0 ? hf_env_alloc(100) : hf_env_map(10000);
        refusals += at == NULL;
        hf_env_free(at);
    }
}

static void
test_alloc_fail(void)
{
    struct sim_rule rule = at_call(SIM_ALLOC_FAIL, SIM_CALL_ALLOC, 4, SIM_FLAVOUR_ANY);

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, allocate, NULL);
    TAP_OK(refusals == 1 && sim_machine_fault_count(machine, SIM_ALLOC_FAIL) == 1,
           "the fourth allocation fails, and only it");
}

/* ---- when rules strike ------------------------------------------------------------------- */

static uint64_t steps_done;

static void
step_for_ever(void *context)
{
    (void)context;
    open_dir();
    for (;;) {
        sim_machine_step(machine);
        steps_done++;
        must(hf_dir_sync(dir, NULL));
    }
}

static void
test_every(void)
{
    struct sim_rule rule = {
        .fault = SIM_PROCESS_KILL, .when = SIM_WHEN_EVERY, .lo = 5, .hi = 9
    };
    uint64_t least = UINT64_MAX, most = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, &rule, 1);
        steps_done = 0;
        (void)sim_machine_life(machine, step_for_ever, NULL);
        least = steps_done < least ? steps_done : least;
        most = steps_done > most ? steps_done : most;
    }
    printf("# struck after %d to %d steps\n", (int)least, (int)most);
    TAP_OK(least >= 4 && most <= 9 + 12 && least < most,
           "every=5..9 strikes within so many steps and a few calls more");
}

static void
test_limits_of_rules(void)
{
    struct sim_rule rule = { .fault = SIM_PROCESS_KILL, .when = SIM_WHEN_STEP, .lo = 3 };

    boot(1, &rule, 1);
    steps_done = 0;
    TAP_OK(sim_machine_life(machine, step_for_ever, NULL) == SIM_KILLED && steps_done == 2 &&
               rule.fired == 1,
           "at step 3 strikes before it, once");
    rule = at_call(SIM_SHORT_WRITE, SIM_CALL_WRITE, 1, SIM_FLAVOUR_ANY);
    rule.when = SIM_WHEN_CHANCE;
    rule.hi = 1;
    rule.file = SIM_FILE_WAL;
    boot(1, &rule, 1);
    (void)sim_machine_life(machine, write_then_read, NULL);
    TAP_OK(rule.fired == 0 && got_len == 3000, "a rule about another class of files waits");
    rule.file = SIM_FILE_ANY;
    rule.phase = SIM_PHASE_RECOVERY;
    boot(1, &rule, 1);
    (void)sim_machine_life(machine, write_then_read, NULL);
    TAP_OK(rule.fired == 0, "as does one about another phase");
    rule.phase = SIM_PHASE_ANY;
    boot(1, &rule, 1);
    sim_machine_calm(machine, true);
    (void)sim_machine_life(machine, write_then_read, NULL);
    TAP_OK(rule.fired == 0, "and every one of a calm machine");
}

int
main(void)
{
    test_sync_errors();
    test_page_rewritten();
    test_dir_sync_error();
    test_slow_sync();
    test_short();
    test_write_error();
    test_read_error();
    test_disk_full();
    test_name_errors();
    test_alloc_fail();
    test_every();
    test_limits_of_rules();
    shut();
    return tap_done();
}
