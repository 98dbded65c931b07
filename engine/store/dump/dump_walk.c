/*
 * dump_walk.c - from block to block of a table or a snapshot, damaged or not.
 *
 * Promises, kept for any input at all: each step moves on; what a search looks at is bounded by
 * SEARCH_SHARE times the input, so that no bytes make it long.
 */
#include "base/span.h"
#include "store/dump/dump.h"

#include <inttypes.h>

#define SEARCH_SHARE 16u

/* The bytes from `off` to the limit. */
static struct hf_span
rest(const struct hf_dump_walk *walk, uint64_t off)
{
    return hf_span((const uint8_t *)walk->in.at + off, (size_t)(walk->limit - off));
}

/* Reads the head of a block. */
static bool
peek(const struct hf_dump_walk *walk, uint64_t off, struct hf_dump_block *block)
{
    block->off = off;
    return off < walk->limit &&
           hf_block_peek(&block->kind, &block->size, rest(walk, off)) == HF_TABLE_GOOD;
}

/* Whether a block whose head was read is sound. */
static bool
is_sound(struct hf_dump_walk *walk, struct hf_dump_block *block)
{
    struct hf_span whole = hf_span((const uint8_t *)walk->in.at + block->off, block->size);

    if (walk->is_checked)
        return hf_block_open(&block->payload, whole, block->kind, walk->base, block->off) ==
               HF_TABLE_GOOD;
    block->payload =
        hf_span((const uint8_t *)whole.at + HF_BLOCK_HEAD, block->size - HF_BLOCK_OVERHEAD);
    return hf_dump_payload_adds_up(walk->memory, block->kind, block->payload);
}

/* The offset of the first sound block in (off, limit), or `limit`. */
static uint64_t
search(struct hf_dump_walk *walk, uint64_t off, uint64_t limit)
{
    uint64_t most = SEARCH_SHARE * (uint64_t)walk->in.len;
    struct hf_dump_block block;

    while (++off < limit) {
        if (!peek(walk, off, &block))
            continue;
        walk->searched += block.size;
        if (walk->searched > most)
            return limit;
        if (is_sound(walk, &block))
            return off;
    }
    return limit;
}

/* Where the walk goes on behind a block at `off` that is not sound; 0: who knows. */
static uint64_t
behind_damaged(struct hf_dump_walk *walk, uint64_t off)
{
    uint64_t end = off + walk->block.size;
    struct hf_dump_block next;

    if (end != walk->limit && !peek(walk, end, &next))
        return 0;
    return search(walk, off, end) == end ? end : 0;
}

enum hf_dump_step
hf_dump_walk_next(struct hf_dump_walk *walk)
{
    uint64_t off = walk->off, end;

    if (off >= walk->limit)
        return HF_DUMP_LIMIT;
    if (peek(walk, off, &walk->block)) {
        walk->off = off + walk->block.size;
        if (is_sound(walk, &walk->block))
            return HF_DUMP_BLOCK;
        end = behind_damaged(walk, off);
        if (end != 0) {
            walk->off = end;
            return HF_DUMP_DAMAGED;
        }
    }
    walk->block.off = off;
    walk->off = search(walk, off, walk->limit);
    walk->gap_size = walk->off - off;
    return HF_DUMP_GAP;
}

void
hf_dump_say_damage(const struct hf_dump *dump, const struct hf_dump_walk *walk,
                   enum hf_dump_step step)
{
    if (step == HF_DUMP_DAMAGED)
        hf_dump_say_at(dump, walk->block.off, "%s %u bytes, damaged: %s",
                       hf_dump_kind_name(walk->block.kind), walk->block.size,
                       walk->is_checked ? "its checksum does not hold"
                                        : "what it holds does not add up");
    else
        hf_dump_say_at(dump, walk->block.off, "unreadable: %" PRIu64 " bytes", walk->gap_size);
}
