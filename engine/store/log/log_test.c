/*
 * log_test.c - the log alone, over real files: places, rotation, spares, syncs and seals.
 *
 * Method: a log is begun by hand, with tiny sectors and segments and no database around it;
 * commits of one key are placed and written, and the files are then read by the codec and
 * compared with what the log says of itself. What a failing disk does to it is the simulator's
 * part.
 */
#define _GNU_SOURCE
#include "store/log/log.h"

#include "base/span.h"
#include "base/tap.h"
#include "format/wal_walk.h"
#include "vfs/vfs_io.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u
#define SEGMENT (16u * SECTOR)
#define FILE_SIZE_MAX (256u * SECTOR)

static char root[256], path[300];
static struct hf_budget budget;
static struct hf_segments segments;
static struct hf_log log_under_test;
static struct hf_detail detail;

/* ---- names ------------------------------------------------------------------------------- */

static void
test_names(void)
{
    static const char *const others[] = { "",
                                          "wal-",
                                          "wal-1",
                                          "wal-000000000",
                                          "wal-00000000001",
                                          "wal-000000000x",
                                          "wal-4294967296",
                                          "wal-9999999999",
                                          "wal-0000000000",
                                          "wal-+000000001",
                                          "wal- 000000001",
                                          "WAL-0000000001",
                                          "wal-0000000001 ",
                                          "xwal-0000000001",
                                          "wal-0000000001.tmp" };
    static const uint32_t numbers[] = { 1, 9, 10, 4711, 999999999, 1000000000, UINT32_MAX };
    char name[HF_NAME_SIZE_MAX], last[HF_NAME_SIZE_MAX] = "";
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        hf_log_name(name, numbers[i], ".tmp");
        wrong += hf_log_number(name, ".tmp") != numbers[i] || hf_log_number(name, "") != 0;
        hf_log_name(name, numbers[i], "");
        wrong += hf_log_number(name, "") != numbers[i] || hf_log_number(name, ".tmp") != 0;
        wrong += strcmp(name, last) <= 0;
        strcpy(last, name);
    }
    TAP_OK(wrong == 0, "names lead back to their numbers, and sort as they do");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        wrong += hf_log_number(others[i], "") != 0;
    TAP_OK(wrong == 0, "no other name is taken for a segment's");
}

/* ---- a log without a database ------------------------------------------------------------ */

/* Makes the first segment the active one, as recovery does. */
static bool
begin_first(uint64_t size)
{
    struct hf_log *log = &log_under_test;
    struct hf_wal_link link = { 0 };
    struct hf_log_segment *segment;

    if (hf_log_segment_make(&segment, log, size, &detail) != HF_OK)
        return false;
    log->active = log->oldest = segment;
    log->group_open = true;
    return hf_segments_add(&segments, size) == HF_OK &&
           hf_log_begin(log, segment, hf_segments_newest(&segments), &link, &detail) == HF_OK &&
           hf_log_chain_add(log, segment->number) == HF_OK;
}

static bool
log_begin(uint64_t size)
{
    struct hf_log *log = &log_under_test;
    static unsigned count;

    snprintf(path, sizeof path, "%s/log%u", root, count++);
    hf_budget_init(&budget, 0);
    hf_segments_init(&segments, &budget);
    *log = (struct hf_log){
        .budget = &budget,
        .segments = &segments,
        .uuid = "sixteen bytes id",
        .sector = SECTOR,
        .size_max = size,
        .size_next = size,
        .number_next = 1,
    };
    return hf_dir_open(&log->dir, path, HF_DIR_CREATE, &detail) == HF_OK && begin_first(size);
}

/* True if all memory was given back. */
static bool
log_end(void)
{
    hf_log_close_files(&log_under_test);
    hf_dir_close(log_under_test.dir);
    hf_segments_fini(&segments);
    return budget.used == 0;
}

static void
encode_commit(const struct hf_place *place, uint64_t version, size_t value_size)
{
    static const char value[1024];
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;

    hf_wal_frame_begin(place->at, HF_WAL_COMMIT, place->size - HF_WAL_FRAME_OVERHEAD);
    hf_wal_commit_encode(place->at, version, version, 1);
    hf_wal_op_encode(place->at + back, HF_WAL_PUT, back, hf_span("key", 3),
                     hf_span(value, value_size));
    hf_wal_frame_end(place->at, place->size - HF_WAL_FRAME_OVERHEAD, place->mask_base,
                     place->off);
}

static uint32_t
commit_size(size_t value_size)
{
    return HF_WAL_FRAME_OVERHEAD + HF_WAL_COMMIT_HEAD + (uint32_t)hf_wal_op_size(3, value_size);
}

static bool
append(uint64_t version, size_t value_size)
{
    struct hf_place place;

    if (hf_log_place(&log_under_test, commit_size(value_size), version, false, &place,
                     &detail) != HF_OK)
        return false;
    encode_commit(&place, version, value_size);
    return hf_log_write(&log_under_test, &place, version, &detail) == HF_OK;
}

/* ---- what the files say ------------------------------------------------------------------ */

struct found {
    uint64_t last; /* version */
    uint64_t end, witness, size;
    struct hf_wal_link link;
    struct hf_wal_seal seal;
    unsigned groups;
    bool is_sealed, is_whole;
};

/* Reads segment `number`, whose first commit has to be `version`. */
static struct found
read_segment(uint32_t number, uint64_t version)
{
    static uint8_t bytes[FILE_SIZE_MAX];
    struct found found = { .last = version - 1 };
    char name[HF_NAME_SIZE_MAX], whole[400];
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;

    hf_log_name(name, number, "");
    snprintf(whole, sizeof whole, "%s/%s", path, name);
    FILE *file = fopen(whole, "rb");
    if (file == NULL)
        return found;
    found.size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (hf_wal_header_decode(&header, hf_span(bytes, found.size)) != HF_WAL_GOOD ||
        header.number != number)
        return found;
    hf_wal_walk_init(&walk, hf_span(bytes, found.size), &header, version);
    while ((step = hf_wal_walk_next(&walk)) < HF_WAL_STEP_END) {
        found.groups += step == HF_WAL_STEP_GROUP;
        found.is_sealed = step == HF_WAL_STEP_SEAL;
        if (step == HF_WAL_STEP_COMMIT)
            found.last = walk.commit.version;
        else if (step == HF_WAL_STEP_LINK)
            found.link = hf_wal_link_decode(walk.frame.payload);
        else if (step == HF_WAL_STEP_SEAL)
            found.seal = hf_wal_seal_decode(walk.frame.payload);
    }
    found.end = walk.end;
    found.witness = walk.witness;
    found.is_whole = step == HF_WAL_STEP_END;
    return found;
}

/* Follows the chain through the files; the version of its last commit, or 0 if it breaks. */
static uint64_t
read_chain(void)
{
    const struct hf_log *log = &log_under_test;
    struct found found, before = { .last = 0 };

    for (uint32_t i = 0; i < log->chain_count; i++) {
        found = read_segment(log->chain[i].number, before.last + 1);
        bool is_newest = i + 1 == log->chain_count;
        uint32_t prev = i == 0 ? 0 : log->chain[i - 1].number;
        if (!found.is_whole || found.link.prev != prev || found.link.last != before.last ||
            found.link.prev_end != before.end ||
            found.end != (is_newest ? log->active->end : log->chain[i].end))
            return 0;
        if (!is_newest && (!found.is_sealed || found.seal.last != found.last ||
                           found.seal.next != log->chain[i + 1].number))
            return 0;
        before = found;
    }
    return before.last;
}

/* ---- properties -------------------------------------------------------------------------- */

static void
test_places(void)
{
    struct hf_log *log = &log_under_test;
    struct hf_place first, again;

    if (!TAP_OK(log_begin(SEGMENT), "a log begins"))
        return;
    uint64_t end = log->active->end, used = hf_segments_newest(&segments)->used;
    bool placed = hf_log_place(log, 100, 1, false, &first, &detail) == HF_OK &&
                  hf_log_place(log, 100, 1, false, &again, &detail) == HF_OK;
    TAP_OK(placed && first.at == again.at && first.off == again.off && first.off == end &&
               log->active->end == end && hf_segments_newest(&segments)->used == used,
           "a place that is not written to is no place: the next one is the same");
    TAP_OK(append(1, 10) && append(2, 20) && first.ref != 0 &&
               hf_segments_at(&segments, first.ref) == first.at,
           "commits are appended, and a ref leads to the first");
    TAP_OK(read_chain() == 2, "the file has them both");
    TAP_OK(log_end(), "all memory is given back");
}

static void
test_sync(void)
{
    struct hf_log *log = &log_under_test;
    bool held = log_begin(SEGMENT) && append(1, 10);

    TAP_OK(held && log->durable_version == 0, "before the first sync nothing is durable");
    uint64_t end = log->active->end;
    TAP_OK(hf_log_sync(log, &detail) == HF_OK && log->durable_version == 1 &&
               log->durable_position == hf_wal_position(log->active->number, end),
           "a sync makes durable what was written before it");
    struct hf_place place;
    TAP_OK(hf_log_place(log, commit_size(10), 2, false, &place, &detail) == HF_OK &&
               place.lead == HF_WAL_GROUP_SIZE && place.off - place.lead >= end &&
               (place.off - place.lead) % SECTOR == 0,
           "the next frame begins a group, in a sector of its own");
    held = append(2, 10) && append(3, 10);
    struct found found = read_segment(log->active->number, 1);
    TAP_OK(held && found.groups == 2 && found.last == 3 &&
               found.witness == hf_wal_position(log->active->number, end),
           "whose header vouches for what the sync covered");
    TAP_OK(hf_log_sync(log, &detail) == HF_OK && hf_log_sync(log, &detail) == HF_OK &&
               log->durable_version == 3,
           "a sync with nothing to do does nothing");
    TAP_OK(log_end(), "all memory is given back");
}

/* Every value size in turn, so that a segment ends at every distance from its limit. */
static void
test_rotation(void)
{
    struct hf_log *log = &log_under_test;
    unsigned wrong = 0;
    uint64_t version = 0;

    wrong += !log_begin(SEGMENT);
    for (size_t value_size = 0; value_size < 400; value_size++) {
        wrong += !append(++version, value_size);
        if (version % 5 == 0)
            wrong += hf_log_sync(log, &detail) != HF_OK;
        wrong += log->active->end > log->active->size;
    }
    TAP_OK(wrong == 0 && log->chain_count > 10, "400 commits take %u segments",
           (unsigned)log->chain_count);
    TAP_OK(read_chain() == version, "linked and sealed, they hold every one of them");
    TAP_OK(hf_log_sync(log, &detail) == HF_OK && log->oldest == log->active &&
               log->durable_version == version,
           "a sync covers all segments before the active one, and closes them");
    TAP_OK(log_end(), "all memory is given back");
}

static void
test_oversized(void)
{
    bool held = log_begin(SEGMENT) && append(1, 10);
    static uint8_t value[4 * SEGMENT];
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    struct hf_place place = { NULL, 0, 0, 0, 0, 0 };

    held = held && hf_log_place(&log_under_test, commit_size(sizeof value), 2, false, &place,
                                &detail) == HF_OK;
    if (TAP_OK(held && log_under_test.active->size > sizeof value,
               "a commit larger than a segment gets one of its own size")) {
        hf_wal_frame_begin(place.at, HF_WAL_COMMIT, place.size - HF_WAL_FRAME_OVERHEAD);
        hf_wal_commit_encode(place.at, 2, 2, 1);
        hf_wal_op_encode(place.at + back, HF_WAL_PUT, back, hf_span("key", 3),
                         hf_span(value, sizeof value));
        hf_wal_frame_end(place.at, place.size - HF_WAL_FRAME_OVERHEAD, place.mask_base,
                         place.off);
        TAP_OK(hf_log_write(&log_under_test, &place, 2, &detail) == HF_OK && append(3, 10) &&
                   read_chain() == 3,
               "and the log goes on behind it");
    }
    TAP_OK(log_end(), "all memory is given back");
}

/* Prepares until there is nothing more to prepare. */
static bool
prepare(void)
{
    while (hf_log_wants_spare(&log_under_test)) {
        if (hf_log_prepare(&log_under_test, &detail) != HF_OK)
            return false;
    }
    return true;
}

static void
test_spare(void)
{
    struct hf_log *log = &log_under_test;
    uint64_t version = 1;
    bool held = log_begin(SEGMENT) && append(1, 1000) && append(2, 1000);

    version = 2;
    TAP_OK(held && hf_log_wants_spare(log) && prepare() && log->spare_ready &&
               log->spare->number == 2,
           "a log that fills up prepares the next segment");
    struct found found = read_segment(2, 1);
    TAP_OK(found.size == log->spare->size && found.is_whole && found.groups == 0,
           "it is on disk whole, and has not begun");
    while (held && log->chain_count < 2)
        held = append(++version, 300);
    TAP_OK(held && log->active->number == 2 && log->spare == NULL,
           "rotation goes on in the prepared segment");
    held = append(++version, 1000) && append(++version, 1000) && prepare();
    uint64_t unsealed = log->number_next;
    TAP_OK(held && log->spare_ready && hf_log_sync(log, &detail) == HF_OK &&
               hf_log_seal(log, &detail) == HF_OK && log->spare == NULL &&
               read_segment((uint32_t)unsealed - 1, 1).size == 0,
           "a close removes a spare that was not used");
    TAP_OK(read_chain() == version, "the chain leads through all that was written");
    TAP_OK(log_end(), "all memory is given back");
}

static void
test_seal(void)
{
    struct hf_log *log = &log_under_test;
    bool held = log_begin(SEGMENT) && append(1, 10) && hf_log_sync(log, &detail) == HF_OK;

    TAP_OK(held && hf_log_seal(log, &detail) == HF_OK, "a synced log is sealed");
    struct found found = read_segment(log->active->number, 1);
    TAP_OK(found.is_whole && found.is_sealed && found.seal.last == 1 && found.seal.next == 0,
           "the seal is its last frame, and names no successor");
    TAP_OK(found.size == found.end && found.end == log->active->end,
           "and the file ends with it");
    TAP_OK(log_end(), "all memory is given back");
}

/* The next segment cannot be made: what the tail share keeps is for deletes. */
static void
test_reserve(void)
{
    struct hf_log *log = &log_under_test;
    struct hf_place place;
    uint64_t version = 0;
    unsigned deletes = 0;
    enum hf_err err = log_begin(128 * SECTOR) ? HF_OK : HF_ERR_IO;

    budget.limit = budget.used; /* no memory for another segment */
    while (err == HF_OK) {
        err = hf_log_place(log, commit_size(100), version + 1, false, &place, &detail);
        if (err != HF_OK)
            break;
        encode_commit(&place, ++version, 100);
        err = hf_log_write(log, &place, version, &detail);
    }
    TAP_OK(err == HF_ERR_NO_MEMORY && version > 100,
           "without another segment writes are refused after %llu commits",
           (unsigned long long)version);
    while (hf_log_place(log, commit_size(0), version + 1, true, &place, &detail) == HF_OK) {
        encode_commit(&place, ++version, 0);
        deletes += hf_log_write(log, &place, version, &detail) == HF_OK;
    }
    TAP_OK(deletes > 20, "deletes still find room, for %u of them", deletes);
    TAP_OK(read_chain() == version, "and all of it is in the log");
    budget.limit = UINT64_MAX;
    TAP_OK(append(version + 1, 100) && log->chain_count == 2 && read_chain() == version + 1,
           "with memory again, writing goes on in the next segment");
    TAP_OK(log_end(), "all memory is given back");
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");
    char command[300];

    snprintf(root, sizeof root, "%.200s/holdfast-log-XXXXXX", tmp == NULL ? "." : tmp);
    if (mkdtemp(root) == NULL)
        return 1;
    test_names();
    test_places();
    test_sync();
    test_rotation();
    test_oversized();
    test_spare();
    test_seal();
    test_reserve();
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) != 0 || tap_done();
}
