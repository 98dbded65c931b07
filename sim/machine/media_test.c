/*
 * media_test.c - faults at rest hit the field they are aimed at, and the ledger follows them.
 *
 * Method: a segment made with the engine's own codec, struck once a field; what changed is
 * compared with what the format says about the place. The ledger is then led through reads,
 * writes and syncs.
 */
#include "sim/machine/sim_test.h"

#include "format/manifest_format.h"
#include "sim/machine/locate.h"
#include "sim/machine/test_wal.h"

#define SIZE 4096u
#define SEGMENT_NAME "wal-0000000001"

static uint8_t segment[SIZE];
static struct found found;

/* ---- a segment: header, a group with link and commit, a group with a commit and a seal --- */

static uint64_t
add_group(uint64_t off, uint32_t base, uint32_t number, uint64_t synced, uint64_t first)
{
    struct hf_wal_group group = {
        .number = number, .synced = synced, .first = first, .segment = 1
    };
    hf_wal_group_encode(segment + off, &group, base, off);
    return off + HF_WAL_GROUP_SIZE;
}

/* One that goes on behind commit `last`, which tables hold. */
static void
make_segment(uint64_t last)
{
    struct hf_wal_header header = {
        .format = HF_WAL_FORMAT, .sector = 512, .number = 1, .salt = 9, .prepared = SIZE
    };
    struct hf_wal_link link = { .last = last };
    struct hf_wal_seal seal = { .last = last + 2 };
    uint32_t base = hf_wal_mask_base(&header);
    uint64_t off;

    memset(segment, 0, sizeof segment);
    hf_wal_header_encode(segment, &header);
    off = add_group(512, base, 0, 0, last + 1);
    off = test_add_link(segment, off, base, &link);
    off = test_add_commit(segment, off, base, last + 1);
    /* The second group says that the first one is durable. */
    off = add_group(1024, base, 1, hf_wal_position(1, off), last + 2);
    off = test_add_commit(segment, off, base, last + 2);
    hf_wal_frame_begin(segment + off, HF_WAL_SEAL, HF_WAL_SEAL_SIZE);
    hf_wal_seal_encode(segment + off, &seal);
    hf_wal_frame_end(segment + off, HF_WAL_SEAL_SIZE, base, off);
}

static void
write_segment(void *context)
{
    struct hf_file *file;
    size_t done;

    (void)context;
    open_dir();
    file = create(SEGMENT_NAME);
    must(hf_file_write(file, 0, hf_span(segment, SIZE), &done, NULL));
    sync_all(file);
}

static struct sim_rule
at_rest(enum sim_fault fault, const char *field, enum sim_flavour flavour)
{
    struct sim_rule rule = {
        .fault = fault, .when = SIM_WHEN_CRASH, .lo = 1, .hi = 1, .flavour = flavour
    };
    snprintf(rule.field, sizeof rule.field, "%s", field);
    return rule;
}

/* A machine with the segment on it, damaged once by `rule`. */
static unsigned
damage(uint64_t seed, struct sim_rule *rule)
{
    boot(seed, rule, 1);
    (void)sim_machine_life(machine, write_segment, NULL);
    return sim_machine_at_rest(machine);
}

/* ---- aiming ------------------------------------------------------------------------------ */

/* Where the only byte is that differs; SIZE: there are more or none. */
static size_t
changed_byte(void)
{
    size_t at = SIZE, count = 0;

    for (size_t i = 0; i < SIZE; i++) {
        if (i >= found.size || found.at[i] != segment[i]) {
            at = i;
            count++;
        }
    }
    return count == 1 ? at : SIZE;
}

static void
test_fields(void)
{
    static const struct {
        const char *field;
        size_t from, to; /* offsets in the segment that it may hit */
    } rows[] = {
        { "header.magic", 0, 8 },        { "header.salt", 36, 40 },  { "header.crc", 56, 60 },
        { "group.kind", 512, 1028 },     { "group.crc", 540, 1056 }, { "link.prev", 550, 554 },
        { "seal.next", 1119, 1123 },     { "len", 544, 1110 },       { "padding", 60, SIZE },
        { "commit.version", 588, 1078 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_rule rule = at_rest(SIM_BIT_FLIP, rows[i].field, SIM_FLAVOUR_ANY);
        bool hit = true;
        for (uint64_t seed = 0; seed < 20; seed++) {
            size_t at;
            hit = hit && damage(seed, &rule) == 1;
            find(&found, SEGMENT_NAME);
            at = changed_byte();
            hit = hit && at >= rows[i].from && at < rows[i].to;
        }
        TAP_OK(hit, "bit_flip hits one byte of %s", rows[i].field);
    }
}

static void
test_every_field(void)
{
    bool all = true;

    boot(1, NULL, 0);
    for (unsigned i = 0; sim_locate_field(i) != NULL; i++) {
        struct sim_extent range;
        if (!sim_locate_knows(SIM_FILE_WAL, sim_locate_field(i)))
            continue; /* of another format: locate_test.c */
        bool located = sim_locate(&range, hf_span(segment, SIZE), SIM_FILE_WAL,
                                  sim_locate_field(i), tape, 0);
        if (!located)
            printf("# there is no %s\n", sim_locate_field(i));
        all = all && located;
    }
    TAP_OK(all, "every field of the list is found in a segment that has them all");
}

static void
test_zero_sector(void)
{
    struct sim_rule rule = at_rest(SIM_ZERO_SECTOR, "", SIM_FLAVOUR_ANY);
    bool zeroed = true;

    for (uint64_t seed = 0; seed < 30; seed++) {
        unsigned sectors = 0;
        zeroed = zeroed && damage(seed, &rule) == 1;
        find(&found, SEGMENT_NAME);
        for (size_t s = 0; s < 3; s++)
            sectors += is_all(&found, s * 512, (s + 1) * 512, 0);
        zeroed = zeroed && sectors == 1;
    }
    TAP_OK(zeroed, "zero_sector zeroes one sector that was not zero");
}

static void
test_file_loss(void)
{
    struct sim_rule rule = at_rest(SIM_FILE_LOSS, "", SIM_GONE);
    bool is_cut = true;

    (void)damage(1, &rule);
    find(&found, SEGMENT_NAME);
    TAP_OK(!found.exists && sim_machine_explains(machine),
           "a file may be gone, and that explains a refusal");
    rule = at_rest(SIM_FILE_LOSS, "", SIM_EMPTY);
    (void)damage(1, &rule);
    find(&found, SEGMENT_NAME);
    TAP_OK(found.exists && found.size == 0 && sim_machine_explains(machine), "or emptied");
    rule = at_rest(SIM_FILE_LOSS, "", SIM_CUT);
    for (uint64_t seed = 0; seed < 20; seed++) {
        (void)damage(seed, &rule);
        find(&found, SEGMENT_NAME);
        is_cut = is_cut && found.size < SIZE && memcmp(found.at, segment, found.size) == 0;
    }
    TAP_OK(is_cut, "or cut");
}

/* ---- the ledger -------------------------------------------------------------------------- */

static void
rewrite(void *context)
{
    struct hf_file *file;

    (void)context;
    open_dir();
    must(hf_dir_remove(dir, SEGMENT_NAME, NULL));
    file = create(SEGMENT_NAME);
    sync_all(file);
}

static void
test_ledger(void)
{
    struct sim_rule rule = at_rest(SIM_BIT_FLIP, "payload", SIM_FLAVOUR_ANY);

    (void)damage(1, &rule);
    TAP_OK(!sim_machine_explains(machine) && sim_machine_ledger(machine).never_read == 1,
           "damage that nobody read explains nothing");
    find(&found, SEGMENT_NAME);
    TAP_OK(sim_machine_ledger(machine).harmless == 1, "read and not reported, it was harmless");
    TAP_OK(sim_machine_explains(machine) && sim_machine_ledger(machine).reported == 1,
           "read, it explains a refusal");
    (void)damage(1, &rule);
    (void)sim_machine_life(machine, rewrite, NULL);
    TAP_OK(!sim_machine_explains(machine) && sim_machine_ledger(machine).overwritten == 1,
           "damage in a file that is gone explains nothing");
    (void)damage(1, &rule);
    find(&found, SEGMENT_NAME);
    (void)sim_machine_life(machine, rewrite, NULL);
    TAP_OK(sim_machine_ledger(machine).repaired == 1, "read before, it was repaired");
}

static void
test_witness(void)
{
    struct sim_rule rule = at_rest(SIM_BIT_FLIP, "commit.version", SIM_FLAVOUR_ANY);
    unsigned first = 0, second = 0;
    bool right = true;

    for (uint64_t seed = 0; seed < 40; seed++) {
        bool is_first;
        (void)damage(seed, &rule);
        find(&found, SEGMENT_NAME);
        is_first = changed_byte() < 1024;
        first += is_first;
        second += !is_first;
        right = right && (sim_machine_least_opened(machine) != UINT64_MAX) == !is_first;
    }
    TAP_OK(right && first > 0 && second > 0,
           "damage is unwitnessed exactly where no surviving group vouches for it");
}

/* The header has 60 bytes, its sector 512; the zeros that end a group do mean something. */
static void
test_padding(void)
{
    struct sim_rule rules[] = {
        at_rest(SIM_BIT_FLIP, "padding", SIM_FLAVOUR_ANY),
        at_rest(SIM_BIT_FLIP, "seal.next", SIM_FLAVOUR_ANY),
    };
    unsigned behind_header = 0;
    bool excuses = false, stands_in_way = false;

    for (uint64_t seed = 0; seed < 200; seed++) {
        (void)damage(seed, rules);
        find(&found, SEGMENT_NAME);
        if (changed_byte() >= 512)
            continue;
        behind_header++;
        excuses = excuses || sim_machine_least_opened(machine) != UINT64_MAX;
        boot(seed, rules, 2);
        (void)sim_machine_life(machine, write_segment, NULL);
        (void)sim_machine_at_rest(machine);
        stands_in_way = stands_in_way || sim_machine_least_opened(machine) == UINT64_MAX;
    }
    TAP_OK(behind_header > 0 && !excuses, "damage to what nobody reads excuses no loss");
    TAP_OK(!stands_in_way, "beside damage to the tail it does not count");
}

/* ---- manifests --------------------------------------------------------------------------- */

/* The segment, and a manifest whose tables hold what was before it. */
static void
write_database(void *context)
{
    struct hf_manifest manifest = {
        .format = HF_MANIFEST_FORMAT, .number = 1, .last = 2, .log_first = 1, .number_next = 2
    };
    size_t size = (size_t)hf_manifest_size(&manifest, NULL), done;
    uint8_t *bytes = calloc(1, size);
    struct hf_file *file;

    write_segment(context);
    hf_manifest_encode(bytes, &manifest, NULL);
    file = create("manifest-0000000001");
    must(hf_file_write(file, 0, hf_span(bytes, size), &done, NULL));
    sync_all(file);
    free(bytes);
}

/* Without its manifest a database is to be refused: no empty one may stand in for it. */
static void
test_lost_manifest(void)
{
    static const enum sim_flavour hows[] = { SIM_GONE, SIM_EMPTY, SIM_CUT };
    bool excuses = false;

    make_segment(2);
    for (unsigned i = 0; i < sizeof hows / sizeof *hows; i++) {
        struct sim_rule rule = at_rest(SIM_FILE_LOSS, "", hows[i]);
        rule.file = SIM_FILE_MANIFEST;
        boot(i, &rule, 1);
        (void)sim_machine_life(machine, write_database, NULL);
        excuses = excuses || sim_machine_at_rest(machine) != 1 ||
                  sim_machine_least_opened(machine) != UINT64_MAX;
    }
    TAP_OK(!excuses, "a manifest that is lost excuses no loss of commits");
}

int
main(void)
{
    make_segment(0);
    test_fields();
    test_every_field();
    test_zero_sector();
    test_file_loss();
    test_ledger();
    test_witness();
    test_padding();
    test_lost_manifest();
    shut();
    return tap_done();
}
