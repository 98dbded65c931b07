/*
 * stale_test.c - damage that is sound in itself, writes that come late, devices that lie, disks
 * that are read-only and clocks that step.
 *
 * Method: small files of one byte each, through the VFS alone, under many seeds; what is left
 * is looked at in a life of its own, and held against the ledger.
 */
#include "sim/machine/sim_test.h"

#include "format/wal_format.h"

#define SEEDS 120u
#define SIZE 2048u

static struct found found;

static struct sim_rule
at_rest(enum sim_fault fault, enum sim_flavour flavour)
{
    return (struct sim_rule){
        .fault = fault, .when = SIM_WHEN_CRASH, .lo = 1, .hi = 1, .flavour = flavour
    };
}

static void
boot_on(enum sim_device device, uint64_t seed, struct sim_rule *rules, unsigned count)
{
    struct sim_machine_config config = {
        .device = device, .sector = 512, .rules = rules, .rule_count = count
    };

    boot(seed, NULL, 0);
    sim_machine_reset(machine, &config, tape);
}

/* ---- at rest ----------------------------------------------------------------------------- */

static void
write_two(void *context)
{
    struct hf_file *a, *b;

    (void)context;
    open_dir();
    a = create("wal-0000000001");
    b = create("wal-0000000002");
    put(a, 0, 'a', SIZE);
    put(b, 0, 'b', SIZE);
    sync_all(a);
    sync_all(b);
}

/* How many bytes of what is found are another one than `byte`. */
static size_t
differing(const char *name, uint8_t byte)
{
    size_t count = 0;

    find(&found, name);
    for (size_t i = 0; i < found.size; i++)
        count += found.at[i] != byte;
    return count;
}

static void
test_lost_write(void)
{
    struct sim_rule rule = at_rest(SIM_LOST_WRITE, SIM_FLAVOUR_ANY);
    bool is_one = true;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, &rule, 1);
        (void)sim_machine_life(machine, write_two, NULL);
        is_one = is_one && sim_machine_at_rest(machine) == 1;
        size_t lost = differing("wal-0000000001", 'a') + differing("wal-0000000002", 'b');
        is_one = is_one && lost > 0 && lost <= 512;
    }
    TAP_OK(is_one, "a lost write takes one sector back");
    TAP_OK(sim_machine_ledger(machine).damaged == 1, "and the ledger has it");
}

/* Whether some sector of what was found is `byte` all over. */
static bool
has_sector(uint8_t byte)
{
    for (size_t at = 0; at + 512 <= found.size; at += 512) {
        if (is_all(&found, at, at + 512, byte))
            return true;
    }
    return false;
}

static void
test_misdirected(void)
{
    struct sim_rule own = at_rest(SIM_MISDIRECTED_WRITE, SIM_OWN);
    struct sim_rule other = at_rest(SIM_MISDIRECTED_WRITE, SIM_OTHER);
    bool stays = true;
    unsigned crossed = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, &own, 1);
        (void)sim_machine_life(machine, write_two, NULL);
        (void)sim_machine_at_rest(machine);
        find(&found, "wal-0000000001");
        stays = stays && !has_sector('b');
        boot(seed, &other, 1);
        (void)sim_machine_life(machine, write_two, NULL);
        (void)sim_machine_at_rest(machine);
        find(&found, "wal-0000000001");
        crossed += has_sector('b');
    }
    TAP_OK(stays, "a write that goes astray in its own file leaves the other one alone");
    TAP_OK(crossed > SEEDS / 4 && crossed < SEEDS * 3 / 4, "or it lands in the other one");
}

static void
test_extra_bytes(void)
{
    struct sim_rule rule = at_rest(SIM_EXTRA_BYTES, SIM_FLAVOUR_ANY);
    bool is_behind = true;

    rule.file = SIM_FILE_WAL;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, &rule, 1);
        (void)sim_machine_life(machine, write_two, NULL);
        (void)sim_machine_at_rest(machine);
        find(&found, "wal-0000000001");
        size_t size = found.size;
        is_behind = is_behind && is_all(&found, 0, SIZE, 'a');
        find(&found, "wal-0000000002");
        is_behind = is_behind && is_all(&found, 0, SIZE, 'b') && size + found.size > 2 * SIZE;
    }
    TAP_OK(is_behind, "extra bytes stand behind the end of one file");
}

static void
write_newer_segment(void *context)
{
    struct hf_wal_header header = { .format = HF_WAL_FORMAT, .sector = 512, .number = 1 };
    uint8_t bytes[512] = { 0 };
    struct hf_file *file;
    size_t done;

    (void)context;
    open_dir();
    file = create("wal-0000000001");
    hf_wal_header_encode(bytes, &header);
    must(hf_file_write(file, 0, hf_span(bytes, sizeof bytes), &done, NULL));
    sync_all(file);
}

static void
test_newer(void)
{
    struct sim_rule rule = at_rest(SIM_NEWER_FORMAT, SIM_FLAVOUR_ANY);
    struct hf_wal_header header;

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, write_newer_segment, NULL);
    (void)sim_machine_at_rest(machine);
    find(&found, "wal-0000000001");
    TAP_OK(hf_wal_header_decode(&header, hf_span(found.at, found.size)) == HF_WAL_NEWER,
           "a newer file is newer to the codec, and not damaged");
    TAP_OK(sim_machine_is_newer(machine) && sim_machine_explains(machine),
           "and the ledger tells the two apart");
}

/* ---- files as they were ------------------------------------------------------------------ */

static void
write_again(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    must(hf_file_open(&file, dir, "wal-0000000001", HF_FILE_WRITE, NULL));
    put(file, 0, 'c', SIZE);
    sync_all(file);
    hf_dir_remove(dir, "wal-0000000002", NULL);
    must(hf_dir_sync(dir, NULL));
}

static void
test_stale_file(void)
{
    struct sim_rule older = at_rest(SIM_STALE_FILE, SIM_OLDER);
    struct sim_rule back = at_rest(SIM_STALE_FILE, SIM_BACK);

    unsigned struck = 0;
    bool is_right = true;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, &older, 1);
        (void)sim_machine_life(machine, write_two, NULL);
        (void)sim_machine_at_rest(machine); /* nothing is old yet */
        (void)sim_machine_life(machine, write_again, NULL);
        unsigned strikes = sim_machine_at_rest(machine);
        struck += strikes;
        is_right = is_right && differing("wal-0000000001", strikes ? 'a' : 'c') == 0;
    }
    TAP_OK(is_right && struck > SEEDS / 2, "a file is as it was");
    boot(1, &back, 1);
    (void)sim_machine_life(machine, write_two, NULL);
    (void)sim_machine_at_rest(machine);
    (void)sim_machine_life(machine, write_again, NULL);
    TAP_OK(sim_machine_at_rest(machine) == 1 && differing("wal-0000000002", 'b') == 0 &&
               found.exists,
           "or one that was removed is back");
}

/* ---- crashes ----------------------------------------------------------------------------- */

static void
write_and_crash(void *context)
{
    struct hf_file *file;

    open_dir();
    file = create("f");
    put(file, 0, 'o', SIZE);
    sync_all(file);
    put(file, 0, 'n', SIZE);
    if (context != NULL)
        sync_all(file);
    crash_now();
}

static void
only_crash(void *context)
{
    (void)context;
    open_dir();
    crash_now();
}

static void
test_late_write(void)
{
    struct sim_rule rules[3] = { crash_at_list(SIM_POWER_CUT, 1),
                                 crash_at_list(SIM_POWER_CUT, 2),
                                 at_rest(SIM_LATE_WRITE, SIM_FLAVOUR_ANY) };
    unsigned came = 0, lost = 0;
    bool is_more = true;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        boot(seed, rules, 3);
        (void)sim_machine_life(machine, write_and_crash, NULL);
        size_t before = differing("f", 'n');
        (void)sim_machine_life(machine, only_crash, NULL);
        size_t after = differing("f", 'n');
        lost += before > 0;
        came += after < before;
        is_more = is_more && after <= before;
    }
    TAP_OK(came > 0 && came == lost && is_more, "what one cut lost is there after the next");
}

static void
test_liar(void)
{
    struct sim_rule cut = crash_at_list(SIM_POWER_CUT, 1);
    unsigned lost[2] = { 0 };
    bool is_told = true;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (int lies = 0; lies < 2; lies++) {
            boot_on(lies ? SIM_LIAR : SIM_CONSUMER_SSD, seed, &cut, 1);
            (void)sim_machine_life(machine, write_and_crash, machine);
            bool is_lost = differing("f", 'n') > 0 || found.size < SIZE;
            lost[lies] += is_lost;
            is_told = is_told && is_lost == sim_machine_was_lied_to(machine);
        }
    }
    TAP_OK(lost[0] == 0 && lost[1] > SEEDS / 20, "a liar loses what was synced");
    TAP_OK(is_told, "and the ledger has it exactly where something was lost");
}

static void
test_plp(void)
{
    struct sim_rule cut = crash_at_list(SIM_POWER_CUT, 1);
    unsigned torn[2] = { 0 };

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (int plp = 0; plp < 2; plp++) {
            boot_on(plp ? SIM_PLP_NVME : SIM_CONSUMER_SSD, seed, &cut, 1);
            (void)sim_machine_life(machine, write_and_crash, NULL);
            find(&found, "f");
            bool is_torn = false;
            for (size_t at = 0; at < found.size; at += 512)
                is_torn = is_torn || !is_all(&found, at, at + 512, found.at[at]);
            torn[plp] += is_torn;
        }
    }
    TAP_OK(torn[0] > 0 && torn[1] == 0, "a device with its own power tears no sector");
}

/* ---- while running ----------------------------------------------------------------------- */

static void
meet_read_only(void *context)
{
    bool *is_right = context;
    struct hf_file *file;
    size_t done;

    open_dir();
    file = create("f");
    put(file, 0, 'a', 100);
    sim_machine_step(machine);
    *is_right = hf_file_write(file, 0, hf_span("b", 1), &done, NULL) == HF_ERR_READ_ONLY &&
                hf_dir_remove(dir, "f", NULL) == HF_ERR_READ_ONLY &&
                hf_dir_rename(dir, "f", "g", NULL) == HF_ERR_READ_ONLY &&
                hf_file_truncate(file, 0, NULL) == HF_ERR_READ_ONLY;
    sim_machine_step(machine);
    sim_machine_step(machine);
    *is_right = *is_right && hf_file_write(file, 0, hf_span("b", 1), &done, NULL) == HF_OK;
}

static void
test_read_only(void)
{
    struct sim_rule rule = at_call(SIM_READ_ONLY_DISK, SIM_CALL_WRITE, 2, SIM_FLAVOUR_ANY);
    bool is_right = false;

    rule.duration = 2;
    boot(1, &rule, 1);
    (void)sim_machine_life(machine, meet_read_only, &is_right);
    TAP_OK(is_right, "a read-only disk refuses every change for a while");
}

static void
look_at_clocks(void *context)
{
    bool *is_right = context;
    uint64_t mono = hf_env_mono_ns(), wall = hf_env_wall_us();

    open_dir(); /* here the wall clock steps back */
    *is_right = hf_env_wall_us() < wall && hf_env_mono_ns() > mono;
}

static void
test_clock(void)
{
    struct sim_rule rule = at_call(SIM_CLOCK_STEP, SIM_CALL_OPEN, 1, SIM_BACKWARD);
    bool is_right = false;

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, look_at_clocks, &is_right);
    TAP_OK(is_right, "the wall clock steps back, and the other one never");
}

int
main(void)
{
    test_lost_write();
    test_misdirected();
    test_extra_bytes();
    test_newer();
    test_stale_file();
    test_late_write();
    test_liar();
    test_plp();
    test_read_only();
    test_clock();
    shut();
    return tap_done();
}
