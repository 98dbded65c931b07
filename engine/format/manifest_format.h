/*
 * manifest_format.h - the bytes of a manifest, to structs and back.
 *
 * A manifest says what the database consists of: which tables, on which level, and where the
 * log goes on behind them. It is written whole, under a new number, at each change, and stands
 * twice in its file: if one copy is damaged the other speaks. A codec: no I/O, no allocation,
 * no clock. The drawing is in manifest_format.c and, for people, in docs/formats.md.
 */
#ifndef HF_FORMAT_MANIFEST_FORMAT_H
#define HF_FORMAT_MANIFEST_FORMAT_H

#include "format/entry.h"

#define HF_MANIFEST_FORMAT 1u
#define HF_MANIFEST_ALIGN 4096u /* each copy takes a multiple of it: no sector holds both */
#define HF_LEVELS 7u

enum hf_manifest_verdict {
    HF_MANIFEST_GOOD,
    HF_MANIFEST_BAD,   /* these bytes are not what is expected here */
    HF_MANIFEST_NEWER, /* the checksum holds, the format is unknown: a newer Holdfast */
    HF_MANIFEST_END    /* of hf_manifest_next only: all tables were given */
};

/*
 * What the database knows of one table without opening it. Each table has an entry at least,
 * 0 < version_min <= version_max <= the manifest's `last`, and there are keys between the
 * bounds. Outside them the table says nothing of any key: neither its entries nor its ranges.
 */
struct hf_table_info {
    uint32_t number; /* not 0, below number_next, given to no other table or manifest */
    uint32_t level;  /* below HF_LEVELS */
    uint64_t size;   /* of the file, bytes; not 0 */
    uint64_t entries;
    uint64_t deletes; /* of the entries */
    uint64_t version_min;
    uint64_t version_max;
    struct hf_span key_min; /* 1..HF_KEY_SIZE_MAX bytes */
    struct hf_span key_max; /* likewise, or empty where there is no bound */
    bool max_is_open;       /* no key is key_max itself; always so where that is empty */
};

struct hf_manifest {
    uint32_t format; /* HF_MANIFEST_FORMAT */
    uint32_t number; /* as in the file's name; not 0 */
    uint8_t uuid[16];
    uint64_t last;        /* every commit up to this version is in the tables; 0: none is */
    uint64_t time_us;     /* of that commit */
    uint32_t log_first;   /* the segment whose first commit is last + 1; it is durable */
    uint64_t witness;     /* a log position: durable up to here when this was written */
    uint32_t number_next; /* above the number of every table and manifest so far */
    uint64_t floor;       /* versions below it were dropped from the tables */
    uint32_t table_count;

    /* of a decoded one: where hf_manifest_next is */
    struct hf_span rest;
    uint32_t left;
};

/* Whether the table says nothing of `key`, nor of any key behind it. */
static inline bool
hf_table_ends_before(const struct hf_table_info *table, struct hf_span key)
{
    int order = table->key_max.len == 0 ? 1 : hf_span_compare(table->key_max, key);

    return table->max_is_open ? order <= 0 : order < 0;
}

/* Whether table `a` ends before table `b` does. */
static inline bool
hf_table_ends_first(const struct hf_table_info *a, const struct hf_table_info *b)
{
    if (a->key_max.len == 0 || b->key_max.len == 0)
        return a->key_max.len != 0;
    int order = hf_span_compare(a->key_max, b->key_max);
    return order < 0 || (order == 0 && a->max_is_open && !b->max_is_open);
}

/* Bytes of a whole file, both copies. Levels ascend over tables[]. */
uint64_t hf_manifest_size(const struct hf_manifest *manifest,
                          const struct hf_table_info *tables);
/* Fills hf_manifest_size() bytes. Asserts that the tables are as hf_table_info says. */
void hf_manifest_encode(void *to, const struct hf_manifest *manifest,
                        const struct hf_table_info *tables);

/* Which copies of a file are sound, and what stands behind them. */
struct hf_manifest_copies {
    enum hf_manifest_verdict copy[2];
    uint64_t extra; /* bytes behind both copies, not part of the manifest */
};

/*
 * Reads a file's bytes, all of them.
 *
 * GOOD: one copy at least is sound, and *manifest is what it says. NEWER: none is, and one is
 * of a newer format. BAD: neither, or both are sound and do not say the same. A copy whose
 * checksum holds and whose tables do not add up is not sound. The caller compares uuid and
 * number with what it expects.
 */
enum hf_manifest_verdict hf_manifest_decode(struct hf_manifest *manifest,
                                            struct hf_manifest_copies *copies,
                                            struct hf_span in);
/*
 * For accounts of damage: what copy 0 or 1 says, whether or not it is sound, and at which
 * offset it stands. BAD: not even a head can be read there. Nothing of it may be relied on but
 * that hf_manifest_next gives tables until END or BAD.
 */
enum hf_manifest_verdict hf_manifest_peek(struct hf_manifest *manifest, uint64_t *off,
                                          struct hf_span in, uint32_t copy);
/*
 * The next table of a manifest that decoded GOOD, its keys pointing into the input; END when
 * all were given. To begin again, keep a copy of the struct.
 */
enum hf_manifest_verdict hf_manifest_next(struct hf_manifest *manifest,
                                          struct hf_table_info *table);

#endif
