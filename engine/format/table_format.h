/*
 * table_format.h - the bytes of a sorted table, to structs and back.
 *
 * A codec: bytes in, structs out; no I/O, no allocation, no clock. It is in table_meta.c,
 * table_block.c, table_entries.c, table_filter.c and table_samples.c, each with the drawing of
 * its bytes; for people they are in docs/formats.md.
 *
 *   meta | data block ... | index block ... | filter block ... | samples block |
 *        | range block ... | meta again
 *
 * A table is written once, from front to back but for the first meta, and never changed. Every
 * block says what kind it is, and its checksum knows the database, the table, the offset and
 * the kind: a block that stands in the wrong place, or is used for the wrong purpose, is BAD.
 * The meta stands twice, at the beginning and at the end: one damaged copy costs nothing.
 *
 * Index blocks are built like data blocks: an entry's key and version are the last ones of the
 * block below, its value is where that block is. They may stand between data blocks. So are
 * range blocks: an entry's key is the first that the range deletes, its value where it ends.
 */
#ifndef HF_FORMAT_TABLE_FORMAT_H
#define HF_FORMAT_TABLE_FORMAT_H

#include "base/assert.h"
#include "format/entry.h"

#define HF_TABLE_FORMAT 1u

enum hf_table_verdict {
    HF_TABLE_GOOD,
    HF_TABLE_BAD,  /* these bytes are not what is expected here */
    HF_TABLE_NEWER /* the checksum holds, the format is unknown: a newer Holdfast */
};

/* ---- where bytes belong ------------------------------------------------------------------ */

/* Which file of which database: what ties checksums to it. */
struct hf_table_id {
    uint8_t uuid[16];
    uint32_t number;
};

/* What block checksums are masked with, besides their offset. */
uint32_t hf_table_mask_base(const struct hf_table_id *id);

/* A block in a file: the offset of its first byte, and its whole size there. */
struct hf_block_place {
    uint64_t off;
    uint32_t size;
};

/* ---- meta: what is known of the whole table ---------------------------------------------- */

#define HF_TABLE_META_SIZE 144u
#define HF_TABLE_DEPTH_MAX 8u /* of index levels */

struct hf_table_meta {
    uint32_t format; /* HF_TABLE_FORMAT */
    struct hf_table_id id;
    uint64_t file_size;   /* bytes, both metas included */
    uint64_t entries;     /* of all data blocks */
    uint64_t deletes;     /* of them */
    uint64_t version_min; /* of any entry or range */
    uint64_t version_max; /* of any entry or range */
    uint64_t data_size;   /* bytes of keys and values, not encoded */

    /* Memory is taken ahead by these, before a block is read. */
    uint32_t block_size_max;  /* of any data or index block in the file, whole */
    uint32_t loaded_size_max; /* of any of them once loaded */
    uint32_t key_size_max;    /* of any entry */
    uint32_t entry_size_max;  /* key and value of any entry */

    struct hf_block_place root;    /* the index block at the top */
    uint32_t depth;                /* of index levels: 1 if the root leads to data blocks */
    uint64_t filter_off;           /* of the first filter block; they follow each other */
    uint32_t filter_count;         /* 0: there is no filter, and its offset is 0 */
    struct hf_block_place samples; /* size 0: there are none, and their offset is 0 */
    uint32_t ranges_size;          /* bytes of all range blocks, right before the second meta */
};

/* Fills HF_TABLE_META_SIZE bytes. Both copies are the same bytes. */
void hf_table_meta_encode(void *to, const struct hf_table_meta *meta);
/*
 * GOOD says that checksum, magic and format hold, that every place lies between the two metas
 * of a file of that size, that there is an entry, depth is 1 to HF_TABLE_DEPTH_MAX, and what
 * the largest block, key and entry take is no more than such a file can ask for. The caller
 * compares the id and the size with what it expects.
 */
enum hf_table_verdict hf_table_meta_decode(struct hf_table_meta *meta, struct hf_span in);

/* ---- blocks as they stand in a file ------------------------------------------------------ */

#define HF_BLOCK_HEAD 8u      /* kind, three zeros, length of the payload */
#define HF_BLOCK_OVERHEAD 12u /* the head, and the checksum behind the payload */
#define HF_BLOCK_PAYLOAD_MAX UINT32_C(0x50000000)

enum hf_block_kind {
    HF_BLOCK_DATA = 1,
    HF_BLOCK_INDEX = 2,
    HF_BLOCK_FILTER = 3,
    HF_BLOCK_SAMPLES = 4,
    HF_BLOCK_IDENTITY = 5, /* this one and the next stand in snapshots only */
    HF_BLOCK_END = 6,
    HF_BLOCK_RANGES = 7
};

/* Puts head and checksum around a payload that stands at to + HF_BLOCK_HEAD, and is not empty.
 */
void hf_block_seal(void *to, enum hf_block_kind kind, uint32_t payload_size, uint32_t base,
                   uint64_t off);
/* The payload of the block that is `in`, whole and of that kind, or BAD. A kind that no file
 * has today is as good as any: what a newer Holdfast wrote has a checksum, too. */
enum hf_table_verdict hf_block_open(struct hf_span *payload, struct hf_span in,
                                    enum hf_block_kind kind, uint32_t base, uint64_t off);
/*
 * For walking a file without its index: kind and whole size of the block that starts at in.at,
 * its checksum not yet looked at. BAD: no block can start like this, or it runs past `in`.
 */
enum hf_table_verdict hf_block_peek(enum hf_block_kind *kind, uint32_t *size,
                                    struct hf_span in);

/* ---- entries of data and index blocks ---------------------------------------------------- */

/*
 * Building a payload, entry by entry in their order. The caller's memory; nothing is checked
 * but the room. Keys are prefix-compressed against the one before. A payload without entries
 * is none: hf_block_load refuses it.
 */
struct hf_block_builder {
    uint8_t *at; /* the payload */
    size_t capacity;
    size_t size;
    uint32_t count;
    uint64_t loaded_size; /* what hf_block_load will need */
    uint8_t *last_key;    /* of the entry before; the caller's, as large as any key added */
    size_t last_key_size;
    uint64_t last_version;
    uint64_t last_time_us;
};

/* Upper bound of the payload bytes that an entry adds, and of what the payload's head takes. */
#define HF_BLOCK_ENTRY_MAX(key_size, value_size) (32u + (uint64_t)(key_size) + (value_size))
#define HF_BLOCK_PAYLOAD_HEAD 8u /* count, loaded size */
/* By how much the loaded form may pass the payload: what long prefixes can make of few bytes,
 * and so what damage or malice can make a reader allocate. */
#define HF_BLOCK_EXCESS_MAX (UINT32_C(1) << 22)

void hf_block_begin(struct hf_block_builder *builder, void *at, size_t capacity,
                    uint8_t *last_key);
/*
 * False: there is no room, or the loaded form would pass the payload by more than
 * HF_BLOCK_EXCESS_MAX; nothing has changed. The first entry fits if the memory is large enough.
 */
bool hf_block_add(struct hf_block_builder *builder, const struct hf_entry *entry);
/* Completes the payload and returns its size; builder->last_* still name the last entry. */
size_t hf_block_finish(struct hf_block_builder *builder);

/*
 * A block in memory: expanded once when it is loaded, so that reading it is arithmetic, keys
 * stand whole, and an entry's bytes can be handed out as they are.
 */
struct hf_block {
    uint32_t count;      /* of entries; at least 1 */
    uint32_t common;     /* how many bytes all their keys begin with */
    uint64_t size;       /* of this whole area */
    uint64_t prefixes[]; /* of each key, what is behind those; then the entries */
};

/* What a payload says that it will take, struct hf_block included; 0: it cannot be true. */
uint64_t hf_block_loaded_size(struct hf_span payload);
/*
 * Expands into `block`, hf_block_loaded_size() bytes, aligned to 8. BAD: the payload does not
 * add up, or its entries are not in order, a key is not 1..HF_KEY_SIZE_MAX bytes, a delete has
 * a value, or a version is one that no commit has, 0 or HF_LATEST.
 */
enum hf_table_verdict hf_block_load(struct hf_block *block, struct hf_span payload);

/* Of a block of ranges, which has loaded: whether each of them goes up from its key to another
 * key, or, its value being empty, to the end. */
bool hf_block_holds_ranges(const struct hf_block *block);

/* An entry in there, in sight so that reading one can be inlined; table_entries.c draws it. */
struct hf_loaded_entry {
    uint64_t version;
    uint64_t time_us;
    uint32_t value; /* its size * 2, plus 1 for a delete */
    uint32_t key;   /* offset of the key's size in the block; behind this entry, or before */
};

#define HF_LOADED_KEY_HEAD 2u /* the size that stands before a key */

/* Entry `index` < count; its spans point into the block. Entries of one key, and only those,
 * have its bytes in one place. */
static inline struct hf_entry
hf_block_entry(const struct hf_block *block, uint32_t index)
{
    HF_ASSERT(index < block->count);
    const uint8_t *area = (const uint8_t *)block;
    const uint32_t *offs = (const uint32_t *)(block->prefixes + block->count);
    const struct hf_loaded_entry *entry = (const struct hf_loaded_entry *)(area + offs[index]);
    const uint8_t *behind = (const uint8_t *)(entry + 1);
    uint16_t key_size;

    memcpy(&key_size, area + entry->key, HF_LOADED_KEY_HEAD);
    if (entry->key == offs[index] + sizeof *entry)
        behind += HF_LOADED_KEY_HEAD + key_size;
    return (struct hf_entry){
        .key = { area + entry->key + HF_LOADED_KEY_HEAD, key_size },
        .value = { behind, entry->value >> 1 },
        .version = entry->version,
        .time_us = entry->time_us,
        .is_delete = (entry->value & 1) != 0,
    };
}

/* The first entry that is not before (key, version); count: there is none. */
uint32_t hf_block_seek(const struct hf_block *block, struct hf_span key, uint64_t version);

/* The value of an index entry. */
#define HF_BLOCK_PLACE_SIZE 12u
void hf_block_place_encode(uint8_t to[HF_BLOCK_PLACE_SIZE], struct hf_block_place place);
/* BAD: the value has another size, or the place does not lie behind the first meta and before
 * `limit`. With the index block's own offset for that, a walk down an index cannot circle. */
enum hf_table_verdict hf_block_place_decode(struct hf_block_place *place, struct hf_span value,
                                            uint64_t limit);

/* ---- the filter -------------------------------------------------------------------------- */

/*
 * A bloom filter in blocks of one fixed size, so that a lookup reads one of them, found by
 * arithmetic; within it, one cache line. Source: Putze, Sanders, Singler, "Cache-, Hash- and
 * Space-Efficient Bloom Filters", 2007. A hash is hf_hash_bytes_of(key, seed of the database).
 */
#define HF_FILTER_PAYLOAD 4096u
#define HF_FILTER_BLOCK_SIZE (HF_FILTER_PAYLOAD + HF_BLOCK_OVERHEAD) /* in the file */
#define HF_FILTER_BITS_PER_KEY 10u

uint64_t hf_filter_seed(const uint8_t uuid[16]);
/* Filter blocks for so many keys. */
uint32_t hf_filter_count(uint64_t keys);
/* Which of `count` blocks (not 0) a hash belongs to. */
uint32_t hf_filter_pick(uint64_t hash, uint32_t count);
/* Sets the bits of a hash in one payload of HF_FILTER_PAYLOAD bytes. */
void hf_filter_set(uint8_t *payload, uint64_t hash);
/* False: no key of that hash was set. */
bool hf_filter_may_have(const uint8_t *payload, uint64_t hash);

/* ---- samples of (version, time) ---------------------------------------------------------- */

/* A commit's time, one in each millisecond at most: how a time finds its version. */
struct hf_sample {
    uint64_t version;
    uint64_t time_us;
};

#define HF_SAMPLE_SIZE_MAX 20u
#define HF_SAMPLES_HEAD 4u

/* Encodes `count` samples, at least 1, both numbers never falling; `to` has room for
 * HF_SAMPLES_HEAD + count * HF_SAMPLE_SIZE_MAX bytes. Returns the payload's size. */
size_t hf_samples_encode(void *to, const struct hf_sample *samples, uint32_t count);
/* How many there are, or 0 if the payload is too short to hold them. */
uint32_t hf_samples_count(struct hf_span payload);
/* Decodes hf_samples_count() of them. BAD: they do not add up, or a number falls. */
enum hf_table_verdict hf_samples_decode(struct hf_sample *samples, struct hf_span payload);

/* The same one by one, without memory for all. */
struct hf_samples_reader {
    const uint8_t *at, *end;
    uint32_t left;
    struct hf_sample last; /* the one read last */
};

/* BAD: the payload is too short to hold what it says. */
enum hf_table_verdict hf_samples_begin(struct hf_samples_reader *reader,
                                       struct hf_span payload);
/* The next one into reader->last, while `left` is not 0. BAD: they do not add up. */
enum hf_table_verdict hf_samples_next(struct hf_samples_reader *reader);

#endif
