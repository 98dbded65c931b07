/*
 * wal_fuzz.c - any bytes at all as a log segment: format/ under a fuzzer.
 *
 * The input is walked to its end, and what was read is held against what the format promises,
 * computed here a second time. Above all:
 *   1. what reads as good is, encoded again, the very same bytes
 *   2. offsets ascend, versions and groups are consecutive, the witness never falls
 *   3. a frame is good in its place and in no other
 *   4. the input cut to the end of its last frame reads as the whole does, any cut of it as a
 *      prefix of that
 */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "format/wal_format.h"
#include "format/wal_walk.h"
#include "fuzz/fuzz.h"
#include "fuzz/plant.h"
#include "fuzz/wal_mutator.h"

#include <stdlib.h>

/* ---- encoded again ----------------------------------------------------------------------- */

static void
check_header(const struct hf_wal_header *header, struct hf_span in)
{
    uint8_t again[HF_WAL_HEADER_SIZE];

    HF_ASSERT(header->format == HF_WAL_FORMAT && header->number != 0);
    HF_ASSERT(header->sector >= HF_WAL_SECTOR_MIN && header->sector <= HF_WAL_SECTOR_MAX);
    HF_ASSERT((header->sector & (header->sector - 1)) == 0);
    hf_wal_header_encode(again, header);
    HF_ASSERT(memcmp(again, in.at, sizeof again) == 0);
}

static void
check_group(const struct hf_wal_walk *walk)
{
    uint8_t again[HF_WAL_GROUP_SIZE];

    HF_ASSERT(walk->frame_off % walk->header.sector == 0);
    HF_ASSERT(walk->group.segment == walk->header.number);
    HF_ASSERT(walk->witness >= walk->group.synced);
    hf_wal_group_encode(again, &walk->group, walk->base, walk->frame_off);
    HF_ASSERT(memcmp(again, (const uint8_t *)walk->in.at + walk->frame_off, sizeof again) == 0);
}

/* An operation as the entry that merges make of it. */
static void
check_op_entry(struct hf_entry entry, const struct hf_wal_op *op,
               const struct hf_wal_commit *commit)
{
    HF_ASSERT(hf_span_equal(entry.key, op->key) && hf_span_equal(entry.value, op->value));
    HF_ASSERT(entry.version == commit->version && entry.time_us == commit->time_us);
    HF_ASSERT(entry.is_delete == (op->type == HF_WAL_DELETE));
}

/* Encodes the operations of a commit again, reading each as the indexes do. */
static void
encode_operations(uint8_t *frame, const struct hf_wal_commit *commit)
{
    const uint8_t *at = commit->ops.at;
    size_t off = 0;

    for (uint32_t n = commit->count; n > 0; n--) {
        struct hf_wal_op op = hf_wal_op_decode(at + off);
        uint32_t back = (uint32_t)(HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD + off);
        HF_ASSERT(op.size <= commit->ops.len - off && op.key.len > 0);
        HF_ASSERT(op.type != HF_WAL_DELETE || op.value.len == 0);
        HF_ASSERT(op.type != HF_WAL_DELETE_RANGE ||
                  (op.value.len <= HF_KEY_SIZE_MAX &&
                   (op.value.len == 0 || hf_span_compare(op.key, op.value) < 0)));
        HF_ASSERT(hf_wal_op_version(at + off) == commit->version);
        HF_ASSERT(hf_wal_op_time(at + off) == commit->time_us);
        HF_ASSERT(hf_wal_op_count(at + off) == commit->count);
        check_op_entry(hf_wal_op_entry(at + off), &op, commit);
        hf_wal_op_encode(frame + back, op.type, back, op.key, op.value);
        off += op.size;
    }
    HF_ASSERT(off == commit->ops.len);
}

static void
encode_payload(uint8_t *frame, const struct hf_wal_walk *walk)
{
    struct hf_wal_link link;
    struct hf_wal_seal seal;

    switch (walk->frame.type) {
    case HF_WAL_COMMIT:
        hf_wal_commit_encode(frame, walk->commit.version, walk->commit.time_us,
                             walk->commit.count);
        encode_operations(frame, &walk->commit);
        break;
    case HF_WAL_LINK:
        link = hf_wal_link_decode(walk->frame.payload);
        hf_wal_link_encode(frame, &link);
        break;
    case HF_WAL_SEAL:
        seal = hf_wal_seal_decode(walk->frame.payload);
        hf_wal_seal_encode(frame, &seal);
        break;
    }
}

/* A frame is good only at its offset, and stays good when its mask is moved with it. */
static void
check_place(const struct hf_wal_walk *walk, uint8_t *frame)
{
    struct hf_span in = hf_span(frame, walk->frame.size);
    uint64_t off = walk->frame_off;
    struct hf_wal_frame read;

    HF_ASSERT(hf_wal_frame_decode(&read, in, walk->base, off) == HF_WAL_GOOD);
    HF_ASSERT(hf_wal_frame_decode(&read, in, walk->base, off + 1) == HF_WAL_BAD);
    HF_ASSERT(hf_wal_frame_decode(&read, in, walk->base, off ^ walk->header.sector) ==
              HF_WAL_BAD);
    hf_wal_frame_remask(frame, walk->frame.size, hf_wal_mask(walk->base, off), 0);
    HF_ASSERT(hf_wal_frame_decode(&read, in, 0, 0) == HF_WAL_GOOD);
}

static void
check_frame(const struct hf_wal_walk *walk)
{
    uint32_t size = walk->frame.size;
    uint32_t payload_size = size - HF_WAL_FRAME_OVERHEAD;
    uint8_t *again = malloc(size);

    HF_ASSERT(again != NULL && walk->frame.payload.len == payload_size);
    hf_wal_frame_begin(again, walk->frame.type, payload_size);
    encode_payload(again, walk);
    hf_wal_frame_end(again, payload_size, walk->base, walk->frame_off);
    HF_ASSERT(memcmp(again, (const uint8_t *)walk->in.at + walk->frame_off, size) == 0);
    check_place(walk, again);
    free(again);
}

/* ---- the walk ---------------------------------------------------------------------------- */

struct read {
    enum hf_wal_step stop;
    uint64_t groups, commits, frames;
    uint64_t next; /* version of the next commit; 0: no group was read yet */
    uint64_t end;
    uint64_t witness;
};

/* That a step went forward, from `before`. */
static void
check_step(const struct hf_wal_walk *before, const struct hf_wal_walk *walk,
           enum hf_wal_step step, const struct read *read)
{
    HF_ASSERT(walk->off > before->off && walk->off <= walk->in.len);
    HF_ASSERT(walk->end >= before->end && walk->end <= walk->in.len);
    HF_ASSERT(walk->witness >= before->witness);
    HF_ASSERT(walk->frame_off >= before->off);
    if (step == HF_WAL_STEP_GROUP) {
        HF_ASSERT(walk->group.number == read->groups);
        HF_ASSERT(walk->group.first != 0);
        HF_ASSERT(read->next == 0 || walk->group.first == read->next);
    } else {
        HF_ASSERT(read->groups > 0 && walk->end == walk->off);
    }
    if (step == HF_WAL_STEP_COMMIT)
        HF_ASSERT(walk->commit.version == read->next && read->next != HF_LATEST);
}

/* What a stop says about the bytes behind it. */
static void
check_stop(struct hf_wal_walk *walk, enum hf_wal_step stop)
{
    uint64_t end = walk->end < walk->in.len ? walk->end : walk->in.len;
    struct hf_span behind = hf_span((const uint8_t *)walk->in.at + end, walk->in.len - end);
    struct hf_wal_probe probe = hf_wal_walk_probe(walk, end);
    struct hf_wal_frame frame;

    if (hf_wal_frame_decode(&frame, behind, walk->base, end) == HF_WAL_GOOD)
        HF_ASSERT(stop != HF_WAL_STEP_END);

    HF_ASSERT(probe.data <= behind.len);
    HF_ASSERT(probe.groups <= behind.len / walk->header.sector + 1);
    HF_ASSERT((probe.data == 0) == hf_span_is_zero(behind));
    HF_ASSERT(probe.groups > 0 || probe.witness == 0);
    HF_ASSERT(hf_wal_walk_next(walk) == stop && hf_wal_walk_next(walk) == stop);
}

static struct read
walk_all(struct hf_span in, const struct hf_wal_header *header, bool is_checked)
{
    struct read read = { .stop = HF_WAL_STEP_GROUP };
    struct hf_wal_walk walk, before;

    hf_wal_walk_init(&walk, in, header, 0);
    for (;;) {
        before = walk;
        read.stop = hf_wal_walk_next(&walk);
        if (read.stop >= HF_WAL_STEP_END)
            break;
        check_step(&before, &walk, read.stop, &read);
        read.groups += read.stop == HF_WAL_STEP_GROUP;
        read.frames += read.stop != HF_WAL_STEP_GROUP;
        if (read.stop == HF_WAL_STEP_COMMIT) {
            read.commits++;
            read.next++;
        }
        if (read.stop == HF_WAL_STEP_GROUP)
            read.next = walk.group.first;
        if (is_checked && read.stop == HF_WAL_STEP_GROUP)
            check_group(&walk);
        else if (is_checked)
            check_frame(&walk);
    }
    read.end = walk.end;
    read.witness = walk.witness;
    if (is_checked)
        check_stop(&walk, read.stop);
    return read;
}

/* ---- cuts -------------------------------------------------------------------------------- */

static struct read
walk_cut(struct hf_span in, const struct hf_wal_header *header, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    struct read read;

    HF_ASSERT(copy != NULL && size <= in.len);
    memcpy(copy, in.at, size);
    read = walk_all(hf_span(copy, size), header, false);
    free(copy);
    return read;
}

static void
check_cuts(struct hf_span in, const struct hf_wal_header *header, const struct read *whole)
{
    struct read cut;

    if (whole->end > in.len)
        return; /* a header's sector that is itself cut: nothing was read */
    cut = walk_cut(in, header, (size_t)whole->end);
    HF_ASSERT(cut.stop == HF_WAL_STEP_END && cut.end == whole->end);
    HF_ASSERT(cut.commits == whole->commits && cut.frames == whole->frames);
    if (whole->frames == 0)
        return;
    cut = walk_cut(in, header, (size_t)whole->end - 1);
    HF_ASSERT(cut.frames == whole->frames - 1 && cut.end < whole->end);
    cut = walk_cut(in, header, hf_load_u32((const uint8_t *)in.at + 56) % whole->end);
    HF_ASSERT(cut.frames < whole->frames && cut.witness <= whole->witness);
}

/* ---- the engine's door ------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_span in = hf_span(data, size);
    struct hf_wal_header header;
    struct read read;

    fuzz_plant();
    if (hf_wal_header_decode(&header, in) != HF_WAL_GOOD)
        return 0;
    check_header(&header, in);
    read = walk_all(in, &header, true);
    check_cuts(in, &header, &read);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    if (LLVMFuzzerMutate != NULL && seed % 4 == 0) {
        size = LLVMFuzzerMutate(data, size, size_max);
        fuzz_wal_repair(data, size, seed % 8 == 0);
        return size;
    }
    return fuzz_wal_mutate(data, size, size_max, seed);
}
