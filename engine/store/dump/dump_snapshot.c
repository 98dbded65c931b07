/*
 * dump_snapshot.c - the bytes of a snapshot file, to lines: one a block.
 *
 * The reader that a restore uses goes first, and stops for good at the first damage. Behind
 * that blocks are walked by their heads, to say what is still there.
 */
#include "base/span.h"
#include "format/snapshot_format.h"
#include "store/dump/dump.h"
#include "vfs/vfs_env.h"

#include <inttypes.h>

struct snapshot {
    const struct hf_dump *dump;
    struct hf_span in;
    struct hf_snapshot_reader reader;
    struct hf_dump_memory memory;
};

static void
say_header(const struct snapshot *snapshot)
{
    const struct hf_snapshot_header *header = &snapshot->reader.header;
    const struct hf_snapshot_identity *identity = &snapshot->reader.identity;
    struct hf_dump_text uuid, lineage;

    hf_dump_say_at(snapshot->dump, 0,
                   "header format %u version %" PRIu64 " time %" PRIu64 " base %" PRIu64 ", %s",
                   header->format, header->version, header->time_us, header->base,
                   header->base == 0 ? "full" : "incremental");
    hf_dump_say_at(snapshot->dump, snapshot->reader.piece_off, "identity uuid %s lineage %s",
                   hf_dump_uuid(&uuid, identity->uuid),
                   hf_dump_uuid(&lineage, identity->lineage));
}

static enum hf_block_kind
kind_of(enum hf_snapshot_step step)
{
    if (step == HF_SNAPSHOT_SAMPLES)
        return HF_BLOCK_SAMPLES;
    return step == HF_SNAPSHOT_RANGES ? HF_BLOCK_RANGES : HF_BLOCK_DATA;
}

static bool
load(struct hf_snapshot_reader *reader, enum hf_block_kind kind, void *at)
{
    if (kind == HF_BLOCK_SAMPLES)
        return hf_snapshot_load_samples(reader, at);
    return kind == HF_BLOCK_RANGES ? hf_snapshot_load_ranges(reader, at)
                                   : hf_snapshot_load_entries(reader, at);
}

/* Loads the block that the reader is at, as it demands, and says what is in it. False: the
 * reader has stopped, or there is no memory. */
static bool
dump_block(struct snapshot *snapshot, enum hf_snapshot_step step)
{
    struct hf_snapshot_reader *reader = &snapshot->reader;
    struct hf_dump_block block = {
        .off = reader->piece_off,
        .kind = kind_of(step),
        .size = (uint32_t)(reader->off - reader->piece_off),
        .payload = reader->payload,
    };
    uint64_t size = step == HF_SNAPSHOT_SAMPLES
                        ? reader->count * (uint64_t)sizeof(struct hf_sample)
                        : reader->loaded_size;
    void *at = hf_dump_memory_take(&snapshot->memory, size);

    if (at == NULL) {
        hf_dump_say_at(snapshot->dump, block.off, "no memory to expand this block");
        return false;
    }
    if (!load(reader, block.kind, at))
        hf_dump_say_at(snapshot->dump, block.off,
                       "a block that does not go on where the ones before end: a restore "
                       "refuses it");
    hf_dump_say_block(snapshot->dump, &snapshot->memory, &block, "");
    return reader->state != HF_SNAPSHOT_AT_STOP;
}

/* Says why the reader stopped. */
static void
say_stop(const struct snapshot *snapshot, enum hf_snapshot_step step)
{
    const struct hf_snapshot_reader *reader = &snapshot->reader;
    uint64_t left = snapshot->in.len - reader->off;

    switch (step) {
    case HF_SNAPSHOT_MORE:
        hf_dump_say_at(snapshot->dump, reader->off,
                       "what stands here wants %zu bytes, and there are %" PRIu64
                       ": the file was cut, or a length is damaged",
                       reader->need, left);
        break;
    case HF_SNAPSHOT_END:
        hf_dump_say_at(snapshot->dump, reader->piece_off, "end: all adds up%s",
                       left == 0 ? "" : ", but for the bytes behind it");
        break;
    case HF_SNAPSHOT_NEWER:
        hf_dump_say_at(snapshot->dump, reader->piece_off, "a newer Holdfast wrote this");
        break;
    case HF_SNAPSHOT_BAD:
        hf_dump_say_at(snapshot->dump, reader->piece_off, "damaged: a restore refuses it");
        break;
    case HF_SNAPSHOT_IDENTITY:
    case HF_SNAPSHOT_SAMPLES:
    case HF_SNAPSHOT_RANGES:
    case HF_SNAPSHOT_ENTRIES:
        break; /* the block has its line */
    }
}

/* Whether some block behind is sound: then so is the head of its section, which the checksums
 * know. A walk to try that, the caller's stays where it is. */
static bool
has_sound(struct hf_dump_walk walk)
{
    enum hf_dump_step step = HF_DUMP_GAP;

    while (step != HF_DUMP_LIMIT && step != HF_DUMP_BLOCK)
        step = hf_dump_walk_next(&walk);
    return step == HF_DUMP_BLOCK;
}

static void
say_unchecked(const struct snapshot *snapshot)
{
    hf_dump_say(snapshot->dump, "              checksums are not looked at from here on");
}

/* The blocks behind the place where the reader stopped. Those of the sections that follow have
 * other checksums. */
static void
dump_behind(struct snapshot *snapshot)
{
    struct hf_dump_walk walk = {
        .in = snapshot->in,
        .off = snapshot->reader.off,
        .limit = snapshot->in.len,
        .is_checked = true,
        .base = snapshot->reader.base_section,
        .memory = &snapshot->memory,
    };
    const struct hf_dump_block *block = &walk.block;
    enum hf_dump_step step;

    if (!has_sound(walk)) {
        say_unchecked(snapshot);
        walk.is_checked = false;
    }
    while ((step = hf_dump_walk_next(&walk)) != HF_DUMP_LIMIT) {
        if (step != HF_DUMP_BLOCK)
            hf_dump_say_damage(snapshot->dump, &walk, step);
        else if (block->kind == HF_BLOCK_DATA || block->kind == HF_BLOCK_SAMPLES ||
                 block->kind == HF_BLOCK_RANGES)
            hf_dump_say_block(snapshot->dump, &snapshot->memory, block, "");
        else
            hf_dump_say_at(snapshot->dump, block->off, "%s %u bytes",
                           hf_dump_kind_name(block->kind), block->size);
        if (step == HF_DUMP_BLOCK && block->kind == HF_BLOCK_END && walk.is_checked) {
            say_unchecked(snapshot);
            walk.is_checked = false;
        }
    }
}

void
hf_dump_snapshot(const struct hf_dump *dump, struct hf_span in)
{
    struct snapshot snapshot = { .dump = dump, .in = in };
    uint8_t *last_key = hf_env_alloc(HF_KEY_SIZE_MAX);
    enum hf_snapshot_step step;
    bool goes_on = true;
    size_t used;

    if (last_key == NULL) {
        hf_dump_say(dump, "              no memory to read it");
        return;
    }
    hf_snapshot_reader_init(&snapshot.reader, last_key);
    while (goes_on) {
        uint64_t off = snapshot.reader.off;
        step = hf_snapshot_next(&snapshot.reader,
                                hf_span((const uint8_t *)in.at + off, in.len - (size_t)off),
                                &used);
        goes_on = step == HF_SNAPSHOT_IDENTITY || step == HF_SNAPSHOT_SAMPLES ||
                  step == HF_SNAPSHOT_RANGES || step == HF_SNAPSHOT_ENTRIES;
        if (step == HF_SNAPSHOT_IDENTITY)
            say_header(&snapshot);
        else if (goes_on)
            goes_on = dump_block(&snapshot, step);
    }
    say_stop(&snapshot, step);
    if (step != HF_SNAPSHOT_END && step != HF_SNAPSHOT_NEWER)
        dump_behind(&snapshot);
    hf_dump_memory_fini(&snapshot.memory);
    hf_env_free(last_key);
}
