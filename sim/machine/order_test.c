/*
 * order_test.c - the order rules about tables and manifests.
 *
 * Method: a flush and a compaction as an engine would do them, through the VFS alone, with real
 * segments and manifests. Each step that makes something durable is left out in turn: that must
 * break a rule, at the step that relied on it, and the whole protocol must break none.
 */
#include "sim/machine/sim_test.h"

#include "format/manifest_format.h"
#include "format/wal_format.h"
#include "sim/machine/machine_state.h"

#define SECTOR 512u
#define TABLE_SIZE 700u

enum left_out {
    NOTHING,
    SYNC_LOG,
    SYNC_TABLE,
    SYNC_TABLE_NAME,
    SYNC_MANIFEST,
    SYNC_MANIFEST_NAME,
    SYNC_MERGED_NAME,
    SYNC_SECOND_NAME
};

/* ---- files ------------------------------------------------------------------------------- */

static const char *
name_of(const char *word, uint32_t number, const char *suffix)
{
    static char names[4][HF_NAME_SIZE_MAX];
    static unsigned next;
    char *name = names[next++ % 4];

    snprintf(name, HF_NAME_SIZE_MAX, "%s-%010u%s", word, (unsigned)number, suffix);
    return name;
}

static struct hf_file *
write_file(const char *name, const uint8_t *bytes, size_t len)
{
    struct hf_file *file = create(name);
    size_t done;

    must(hf_file_write(file, 0, hf_span(bytes, len), &done, NULL));
    return file;
}

/* The bytes of a segment that has begun: a sector with the header, one with group and link. */
static void
encode_segment(uint8_t bytes[2 * SECTOR], uint32_t number, struct hf_wal_link link)
{
    struct hf_wal_header header = { .format = HF_WAL_FORMAT,
                                    .sector = SECTOR,
                                    .number = number };
    struct hf_wal_group group = { .first = link.last + 1, .segment = number };
    uint32_t base = hf_wal_mask_base(&header);
    uint64_t off = SECTOR + HF_WAL_GROUP_SIZE;

    memset(bytes, 0, 2 * SECTOR);
    hf_wal_header_encode(bytes, &header);
    hf_wal_group_encode(bytes + SECTOR, &group, base, SECTOR);
    hf_wal_frame_begin(bytes + off, HF_WAL_LINK, HF_WAL_LINK_SIZE);
    hf_wal_link_encode(bytes + off, &link);
    hf_wal_frame_end(bytes + off, HF_WAL_LINK_SIZE, base, off);
}

/* A segment whose name and header are durable, and then its beginning; durable too if
 * `is_synced`. */
static void
begin_segment(uint32_t number, struct hf_wal_link link, bool is_synced)
{
    static const uint8_t zeros[SECTOR];
    uint8_t bytes[2 * SECTOR];
    struct hf_file *file;
    size_t done;

    encode_segment(bytes, number, link);
    file = write_file(name_of("wal", number, ""), bytes, SECTOR);
    must(hf_file_write(file, SECTOR, hf_span(zeros, SECTOR), &done, NULL));
    sync_all(file);
    must(hf_file_write(file, SECTOR, hf_span(bytes + SECTOR, SECTOR), &done, NULL));
    if (is_synced)
        must(hf_file_sync(file, NULL));
}

/* A file under a temporary name, synced unless that is left out, and renamed. */
static void
publish(const char *word, uint32_t number, const uint8_t *bytes, size_t len, bool is_synced)
{
    struct hf_file *file = write_file(name_of(word, number, ".tmp"), bytes, len);

    if (is_synced)
        must(hf_file_sync(file, NULL));
    must(hf_dir_rename(dir, name_of(word, number, ".tmp"), name_of(word, number, ""), NULL));
}

/* A segment that is whole before it has a name, as a recovery makes it. */
static void
publish_segment(uint32_t number, struct hf_wal_link link)
{
    uint8_t bytes[2 * SECTOR];

    encode_segment(bytes, number, link);
    publish("wal", number, bytes, sizeof bytes, true);
}

static void
publish_table(uint32_t number, bool is_synced)
{
    static uint8_t bytes[TABLE_SIZE];

    memset(bytes, 't', sizeof bytes);
    publish("table", number, bytes, sizeof bytes, is_synced);
}

/* Names one table, and says that the log goes on in segment 2. */
static void
publish_manifest(uint32_t number, uint32_t table, bool is_synced)
{
    static uint8_t bytes[4 * HF_MANIFEST_ALIGN];
    struct hf_table_info info = { .number = table,
                                  .size = TABLE_SIZE,
                                  .entries = 1,
                                  .version_min = 1,
                                  .version_max = 5,
                                  .key_min = hf_span("k", 1),
                                  .key_max = hf_span("k", 1) };
    struct hf_manifest manifest = { .format = HF_MANIFEST_FORMAT,
                                    .number = number,
                                    .last = 5,
                                    .log_first = 2,
                                    .number_next = number + 1,
                                    .table_count = 1 };

    hf_manifest_encode(bytes, &manifest, &info);
    publish("manifest", number, bytes, (size_t)hf_manifest_size(&manifest, &info), is_synced);
}

static void
sync_names(bool is_done)
{
    if (is_done)
        must(hf_dir_sync(dir, NULL));
}

/* ---- a flush, then a compaction ---------------------------------------------------------- */

static void
flush_and_compact(void *context)
{
    enum left_out left_out = *(const enum left_out *)context;

    open_dir();
    begin_segment(1, (struct hf_wal_link){ 0 }, true);
    begin_segment(2, (struct hf_wal_link){ .prev = 1, .prev_end = SECTOR, .last = 5 },
                  left_out != SYNC_LOG);
    publish_table(3, left_out != SYNC_TABLE);
    sync_names(left_out != SYNC_TABLE_NAME);
    publish_manifest(4, 3, left_out != SYNC_MANIFEST);
    sync_names(left_out != SYNC_MANIFEST_NAME);
    must(hf_dir_remove(dir, name_of("wal", 1, ""), NULL));
    publish_table(5, true);
    sync_names(left_out != SYNC_MERGED_NAME);
    publish_manifest(6, 5, true);
    sync_names(left_out != SYNC_SECOND_NAME);
    must(hf_dir_remove(dir, name_of("manifest", 4, ""), NULL));
    must(hf_dir_remove(dir, name_of("table", 3, ""), NULL));
}

static const char *
breach_without(enum left_out left_out)
{
    boot(1, NULL, 0);
    (void)sim_machine_life(machine, flush_and_compact, &left_out);
    return sim_machine_order_breach(machine);
}

static void
test_steps(void)
{
    static const struct {
        enum left_out left_out;
        const char *step;
        const char *breach;
    } rows[] = {
        { SYNC_LOG, "the log's sync", "before the log behind it had durably begun" },
        { SYNC_TABLE, "a table's sync", "renamed before its bytes" },
        { SYNC_TABLE_NAME, "the sync of a table's name", "before a table's name was durable" },
        { SYNC_MANIFEST, "a manifest's sync", "renamed before its bytes" },
        { SYNC_MANIFEST_NAME, "the sync of a manifest's name", "recovery may still need" },
        { SYNC_MERGED_NAME, "the sync of a merged table's name",
          "before a table's name was durable" },
        { SYNC_SECOND_NAME, "the sync of the second manifest's name",
          "a manifest was removed before" },
    };

    TAP_OK(breach_without(NOTHING) == NULL, "a flush and a compaction in order break no rule");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *breach = breach_without(rows[i].left_out);
        if (!TAP_OK(breach != NULL && strstr(breach, rows[i].breach) != NULL,
                    "without %s one is broken", rows[i].step))
            printf("# %s\n", breach == NULL ? "none is" : breach);
    }
}

/* ---- removals on their own --------------------------------------------------------------- */

/* The newest manifest is renamed, its name is pending: what it or the durable one names. */
static void
remove_table(void *context)
{
    const uint32_t *number = context;

    open_dir();
    begin_segment(2, (struct hf_wal_link){ .last = 5 }, true);
    publish_table(3, true);
    publish_table(5, true);
    publish_table(7, true);
    sync_names(true);
    publish_manifest(4, 3, true);
    sync_names(true);
    publish_manifest(6, 5, true);
    must(hf_dir_remove(dir, name_of("table", *number, ""), NULL));
}

static void
test_removals(void)
{
    static const struct {
        uint32_t table;
        bool is_needed;
        const char *what;
    } rows[] = {
        { 3, true, "a table of the durable manifest is needed" },
        { 5, true, "one of a manifest that may become durable is" },
        { 7, false, "one that nobody names is not" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t number = rows[i].table;
        boot(1, NULL, 0);
        (void)sim_machine_life(machine, remove_table, &number);
        TAP_OK((sim_machine_order_breach(machine) != NULL) == rows[i].is_needed, "%s",
               rows[i].what);
    }
}

/* ---- a recovery's segment ---------------------------------------------------------------- */

/* What the new segment's link says, and which names are durable when it gets its own. */
struct place {
    struct hf_wal_link link;
    bool sync_first, sync_manifest;
};

/* Segments 1 and 2, a manifest behind commit 5; then segment 6 is written whole and named. */
static void
place_segment(void *context)
{
    const struct place *place = context;

    open_dir();
    begin_segment(1, (struct hf_wal_link){ 0 }, true);
    begin_segment(2, (struct hf_wal_link){ .prev = 1, .prev_end = SECTOR, .last = 5 }, true);
    publish_table(3, true);
    sync_names(true);
    publish_manifest(4, 3, true);
    sync_names(place->sync_manifest);
    publish_segment(5, (struct hf_wal_link){ .prev = 2, .prev_end = SECTOR, .last = 7 });
    sync_names(place->sync_first);
    publish_segment(6, place->link);
}

static void
test_place(void)
{
    static const struct {
        struct place place;
        bool is_breach;
        const char *what;
    } rows[] = {
        { { { .last = 5 }, true, true }, false, "the manifest is durable" },
        { { { .last = 5 }, false, false },
          true,
          "only the manifest's pending name leads to it" },
        { { { .prev = 5, .last = 8 }, true, true }, false, "the segment before is durable" },
        { { { .prev = 5, .last = 8 }, false, true }, true, "the name before it is pending" },
        { { { .prev = 9, .last = 8 }, true, true }, true, "there is no segment before it" },
        { { { .prev = 0, .last = 4 }, true, true }, true, "nothing ends where it begins" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place place = rows[i].place;
        boot(1, NULL, 0);
        (void)sim_machine_life(machine, place_segment, &place);
        const char *breach = sim_machine_order_breach(machine);
        TAP_OK(rows[i].is_breach == (breach != NULL && strstr(breach, "goes on from") != NULL),
               "a segment is named: %s", rows[i].what);
    }
}

/* ---- what is of the database ------------------------------------------------------------- */

static void
test_current(void)
{
    uint32_t nobodys = 7;

    boot(1, NULL, 0);
    (void)sim_machine_life(machine, remove_table, &nobodys);
    TAP_OK(sim_order_is_current(machine, SIM_FOLDER_MAIN, name_of("table", 5, "")),
           "a table that the newest manifest names is current, durable or not");
    TAP_OK(!sim_order_is_current(machine, SIM_FOLDER_MAIN, name_of("table", 3, "")),
           "one that only an older manifest names is not");
}

/* A manifest that was judged once is written to, and its pages are then forgotten. */
static void
test_read_anew(void)
{
    uint32_t nobodys = 7;
    const uint8_t zeros[64] = { 0 };
    struct sim_inode *inode;

    boot(1, NULL, 0);
    (void)sim_machine_life(machine, remove_table, &nobodys);
    inode = sim_disk_find(&machine->disk, SIM_FOLDER_MAIN, name_of("manifest", 6, ""));
    TAP_OK(sim_order_is_current(machine, SIM_FOLDER_MAIN, name_of("table", 5, "")),
           "a manifest is read");
    sim_inode_write(&machine->disk, inode, 0, hf_span(zeros, sizeof zeros));
    sim_inode_write(&machine->disk, inode, inode->mem.size / 2, hf_span(zeros, sizeof zeros));
    TAP_OK(!sim_order_is_current(machine, SIM_FOLDER_MAIN, name_of("table", 5, "")),
           "once both of its copies are overwritten it names nothing");
    sim_inode_drop_ops(inode, inode->op_count);
    sim_inode_evict(inode);
    TAP_OK(sim_order_is_current(machine, SIM_FOLDER_MAIN, name_of("table", 5, "")),
           "what is forgotten of the cache is read from the disk again");
}

int
main(void)
{
    test_steps();
    test_removals();
    test_place();
    test_current();
    test_read_anew();
    shut();
    return tap_done();
}
