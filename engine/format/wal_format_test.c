/*
 * wal_format_test.c - the codec of log segments against every small damage, and the golden
 * files.
 *
 * Method: a small segment is built by the encoders; then every bit of it is flipped, every
 * length of it is cut, and every frame is moved, in copies that are malloc'd to their exact
 * length (so that a read outside shows under ASan). What must hold: nothing damaged is ever
 * read as good. The golden files are compared byte by byte: a change of the format must change
 * them too. Run from the top of the tree; with the argument "write" it writes the golden files
 * anew.
 */
#include "format/wal_format.h"

#include "base/span.h"
#include "base/tap.h"
#include "format/test_golden.h"
#include "format/wal_walk.h"

#include <stdlib.h>

#define SECTOR 512u
#define SIZE (6u * SECTOR)

static const char golden_name[] = "engine/format/golden/wal-format-1.segment";
static const char refused_name[] = "engine/format/golden/wal-format-1-damaged.segment";
static const char newer_name[] = "engine/format/golden/wal-format-2-header.segment";

static uint8_t segment[SIZE];
static struct hf_wal_header header = { .format = HF_WAL_FORMAT,
                                       .sector = SECTOR,
                                       .uuid = "sixteen bytes id",
                                       .number = 7,
                                       .salt = 0x5A17,
                                       .prepared = SIZE };

/* ---- a segment --------------------------------------------------------------------------- */

static uint64_t
add_group(uint64_t off, uint32_t number, uint64_t synced, uint64_t first)
{
    struct hf_wal_group group = {
        .number = number, .synced = synced, .first = first, .segment = 7
    };
    hf_wal_group_encode(segment + off, &group, hf_wal_mask_base(&header), off);
    return off + HF_WAL_GROUP_SIZE;
}

static uint64_t
end_frame(uint64_t off, uint32_t payload_size)
{
    hf_wal_frame_end(segment + off, payload_size, hf_wal_mask_base(&header), off);
    return off + payload_size + HF_WAL_FRAME_OVERHEAD;
}

static uint64_t
add_link(uint64_t off)
{
    struct hf_wal_link link = { .prev = 6, .prev_end = 1234, .last = 40, .synced = 99 };
    hf_wal_frame_begin(segment + off, HF_WAL_LINK, HF_WAL_LINK_SIZE);
    hf_wal_link_encode(segment + off, &link);
    return end_frame(off, HF_WAL_LINK_SIZE);
}

/* A commit that puts "key" = "value" and deletes "gone". */
static uint64_t
add_commit(uint64_t off, uint64_t version)
{
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    struct hf_span key = hf_span("key", 3), value = hf_span("value", 5),
                   gone = hf_span("gone", 4);
    uint32_t payload =
        HF_WAL_COMMIT_HEAD + (uint32_t)hf_wal_op_size(3, 5) + (uint32_t)hf_wal_op_size(4, 0);

    hf_wal_frame_begin(segment + off, HF_WAL_COMMIT, payload);
    hf_wal_commit_encode(segment + off, version, 1000000 + version, 2);
    hf_wal_op_encode(segment + off + back, HF_WAL_PUT, back, key, value);
    back += (uint32_t)hf_wal_op_size(3, 5);
    hf_wal_op_encode(segment + off + back, HF_WAL_DELETE, back, gone, hf_span(NULL, 0));
    return end_frame(off, payload);
}

static uint64_t
add_seal(uint64_t off, uint64_t last)
{
    struct hf_wal_seal seal = { .last = last, .next = 0 };
    hf_wal_frame_begin(segment + off, HF_WAL_SEAL, HF_WAL_SEAL_SIZE);
    hf_wal_seal_encode(segment + off, &seal);
    return end_frame(off, HF_WAL_SEAL_SIZE);
}

/* Header, a group with link and two commits, a group with one, a group with the seal. */
static uint64_t
build(void)
{
    uint64_t off = SECTOR;

    memset(segment, 0, sizeof segment);
    hf_wal_header_encode(segment, &header);
    off = add_link(add_group(off, 0, 77, 41));
    off = add_commit(add_commit(off, 41), 42);
    uint64_t synced = hf_wal_position(7, off);
    off = add_commit(add_group(2 * SECTOR, 1, synced, 43), 43);
    synced = hf_wal_position(7, off);
    return add_seal(add_group(3 * SECTOR, 2, synced, 44), 43);
}

/* What a walk over bytes of exactly this length finds. */
struct found {
    int groups, links, commits, seals;
    enum hf_wal_step stop;
    uint64_t end, witness, last;
};

static struct found
walk(const uint8_t *bytes, size_t size)
{
    struct found found = { .stop = HF_WAL_STEP_TORN };
    struct hf_wal_header read;
    struct hf_wal_walk at;
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    memcpy(copy, bytes, size);
    if (hf_wal_header_decode(&read, hf_span(copy, size)) == HF_WAL_GOOD) {
        hf_wal_walk_init(&at, hf_span(copy, size), &read, 0);
        while ((found.stop = hf_wal_walk_next(&at)) < HF_WAL_STEP_END) {
            found.groups += found.stop == HF_WAL_STEP_GROUP;
            found.links += found.stop == HF_WAL_STEP_LINK;
            found.seals += found.stop == HF_WAL_STEP_SEAL;
            if (found.stop == HF_WAL_STEP_COMMIT) {
                found.commits++;
                found.last = at.commit.version;
            }
        }
        found.end = at.end;
        found.witness = at.witness;
        (void)hf_wal_walk_probe(&at, at.end);
    }
    free(copy);
    return found;
}

/* ---- properties -------------------------------------------------------------------------- */

static void
test_whole(uint64_t end)
{
    struct found found = walk(segment, SIZE);

    TAP_OK(found.groups == 3 && found.links == 1 && found.commits == 3 && found.seals == 1 &&
               found.stop == HF_WAL_STEP_END && found.end == end && found.last == 43,
           "a whole segment reads as it was written");
    found = walk(segment, (size_t)end);
    TAP_OK(found.commits == 3 && found.seals == 1 && found.stop == HF_WAL_STEP_END,
           "and so does one cut to its end");
}

static void
test_flips(uint64_t end)
{
    struct found whole = walk(segment, SIZE);
    int missed = 0, invented = 0;

    for (uint64_t bit = 0; bit < end * 8; bit++) {
        uint64_t byte = bit / 8, in_sector = byte % SECTOR;
        segment[byte] ^= (uint8_t)(1u << bit % 8);
        struct found found = walk(segment, SIZE);
        segment[byte] ^= (uint8_t)(1u << bit % 8);
        /* The rest of the header's sector carries nothing. */
        bool carries = byte >= SECTOR || in_sector < HF_WAL_HEADER_SIZE;
        missed += carries && found.stop == HF_WAL_STEP_END && found.end == whole.end;
        invented += found.commits > whole.commits || found.last > whole.last;
    }
    TAP_OK(missed == 0, "every flipped bit of header, group, frame and padding is noticed");
    TAP_OK(invented == 0, "no flipped bit makes a commit");
}

static void
test_cuts(uint64_t end)
{
    int wrong = 0, last = -1;

    for (uint64_t size = 0; size <= end; size++) {
        struct found found = walk(segment, (size_t)size);
        wrong += found.commits < last || found.commits > 3 || found.end > size + SECTOR;
        last = found.commits;
    }
    TAP_OK(wrong == 0 && last == 3, "every cut leaves a prefix of the commits");
}

/* A frame copied to any other offset, of this segment or another one, never validates. */
static void
test_moves(void)
{
    uint32_t base = hf_wal_mask_base(&header);
    uint64_t off = SECTOR + HF_WAL_GROUP_SIZE + HF_WAL_FRAME_OVERHEAD + HF_WAL_LINK_SIZE;
    struct hf_span in = hf_span(segment + off, SIZE - off);
    struct hf_wal_frame frame;
    struct hf_wal_header other = header;
    int accepted = 0;

    TAP_OK(hf_wal_frame_decode(&frame, in, base, off) == HF_WAL_GOOD,
           "a frame in its place is good");
    for (uint64_t at = 0; at < 100000; at++)
        accepted += at != off && hf_wal_frame_decode(&frame, in, base, at) == HF_WAL_GOOD;
    TAP_OK(accepted == 0, "the same frame is bad at 100000 other offsets");
    other.number = 8;
    TAP_OK(hf_wal_frame_decode(&frame, in, hf_wal_mask_base(&other), off) == HF_WAL_BAD,
           "and in another segment");
    hf_wal_frame_remask(segment + off, frame.size, hf_wal_mask(base, off),
                        hf_wal_mask(base, 4096));
    TAP_OK(hf_wal_frame_decode(&frame, in, base, 4096) == HF_WAL_GOOD &&
               hf_wal_frame_decode(&frame, in, base, off) == HF_WAL_BAD,
           "a frame that is moved with its mask is good there and only there");
    hf_wal_frame_remask(segment + off, frame.size, hf_wal_mask(base, 4096),
                        hf_wal_mask(base, off));
}

static void
test_zeros(void)
{
    uint8_t zeros[64] = { 0 };
    struct hf_wal_frame frame;
    struct hf_wal_group group;
    struct hf_wal_header read;
    int accepted = 0;

    for (size_t size = 0; size <= sizeof zeros; size++) {
        struct hf_span in = hf_span(zeros, size);
        accepted += hf_wal_frame_decode(&frame, in, 0, 0) != HF_WAL_BAD;
        accepted += hf_wal_group_decode(&group, in, 0, 0) != HF_WAL_BAD;
        accepted += hf_wal_header_decode(&read, in) != HF_WAL_BAD;
    }
    TAP_OK(accepted == 0, "zeros are no frame, no group and no header, at any length");
}

/* Found by fuzz/wal_fuzz.c: behind such a commit the walk had no version left to expect, and
 * took any group for the next one. */
static void
test_versions(void)
{
    static const uint64_t versions[] = { 0, HF_LATEST };
    uint64_t off = SECTOR + HF_WAL_GROUP_SIZE;

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        memset(segment, 0, sizeof segment);
        hf_wal_header_encode(segment, &header);
        (void)add_group(SECTOR, 0, 0, versions[i]);
        (void)add_commit(off, versions[i]);
        (void)add_commit(add_group(3 * SECTOR, 1, 0, 5), 5);
        struct found found = walk(segment, SIZE);
        TAP_OK(found.commits == 0 && found.stop == HF_WAL_STEP_TORN,
               "a commit of version %s is none, though its checksum holds",
               i == 0 ? "0" : "HF_LATEST");
    }
    memset(segment, 0, sizeof segment);
    hf_wal_header_encode(segment, &header);
    (void)add_link(add_group(SECTOR, 0, 0, 0));
    struct found found = walk(segment, SIZE);
    TAP_OK(found.groups == 0 && found.stop == HF_WAL_STEP_TORN,
           "a group that begins with version 0 is none");
    (void)build();
}

/* A checksum that holds makes no operation of what is none. */
static void
test_operations(void)
{
    static const uint8_t types[] = { 0, HF_WAL_DELETE, HF_WAL_DELETE_RANGE + 1, UINT8_MAX };
    uint64_t off = SECTOR + HF_WAL_GROUP_SIZE;
    uint32_t first = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    unsigned accepted = 0;

    for (size_t i = 0; i < sizeof types; i++) {
        memset(segment, 0, sizeof segment);
        hf_wal_header_encode(segment, &header);
        (void)add_group(SECTOR, 0, 0, 41);
        uint64_t end = add_commit(off, 41);
        segment[off + first] = types[i];
        (void)end_frame(off, (uint32_t)(end - off) - HF_WAL_FRAME_OVERHEAD);
        accepted += walk(segment, SIZE).commits;
    }
    TAP_OK(accepted == 0,
           "an operation of no known type is none, nor is a delete with a value");
    (void)add_commit(off, 41);
    segment[off + first] = HF_WAL_DELETE_RANGE;
    uint64_t end = end_frame(off, hf_load_u32(segment + off));
    TAP_OK(end > off && walk(segment, SIZE).commits == 1,
           "a range goes from its key up to another");
    segment[off + first + HF_WAL_OP_HEAD] = 'z';
    (void)end_frame(off, hf_load_u32(segment + off));
    TAP_OK(walk(segment, SIZE).commits == 0, "and never down");
    (void)build();
}

/* ---- golden files ------------------------------------------------------------------------ */

static void
golden(bool write)
{
    uint8_t damaged[SIZE], newer[SECTOR] = { 0 };
    struct hf_wal_header next = header, read;

    memcpy(damaged, segment, SIZE);
    damaged[SECTOR + HF_WAL_GROUP_SIZE + 60] ^= 1; /* in the first commit: later groups vouch */
    next.format = HF_WAL_FORMAT + 1;
    hf_wal_header_encode(newer, &next);
    if (write) {
        golden_write(golden_name, segment, SIZE);
        golden_write(refused_name, damaged, SIZE);
        golden_write(newer_name, newer, SECTOR);
        return;
    }
    TAP_OK(golden_is(golden_name, segment, SIZE), "format 1 is what its golden file says");
    TAP_OK(golden_is(refused_name, damaged, SIZE),
           "the damaged golden file is the same, but for a bit");
    struct found found = walk(damaged, SIZE);
    TAP_OK(found.stop == HF_WAL_STEP_TORN && found.commits == 0,
           "the damaged golden file is not read past its damage");
    TAP_OK(golden_is(newer_name, newer, SECTOR) &&
               hf_wal_header_decode(&read, hf_span(newer, SECTOR)) == HF_WAL_NEWER,
           "a header of the next format is told apart from damage");
    next.format = 0;
    hf_wal_header_encode(newer, &next);
    TAP_OK(hf_wal_header_decode(&read, hf_span(newer, SECTOR)) == HF_WAL_BAD,
           "there never was a format 0");
}

int
main(int argc, char **argv)
{
    uint64_t end = build();

    if (argc > 1 && strcmp(argv[1], "write") == 0) {
        golden(true);
        return 0;
    }
    test_whole(end);
    test_flips(end);
    test_cuts(end);
    test_moves();
    test_zeros();
    test_versions();
    test_operations();
    golden(false);
    return tap_done();
}
