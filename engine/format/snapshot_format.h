/*
 * snapshot_format.h - the bytes of a snapshot file, to structs and back, in one stream.
 *
 * A snapshot is one self-contained file with the database as of one version, written from front
 * to back and read from front to back: through a pipe, with bounded memory. A codec: no I/O, no
 * allocation, no clock. The drawing is in snapshot_format.c and, for people, in
 * docs/formats.md. Blocks, entries and samples are those of tables (table_format.h).
 *
 *   full          base 0: the newest entry of each key, deletes left out
 *   incremental   base > 0: the ranges that were deleted since, and the entries with a version
 *                 above it, deletes too; of one key there may be several, the newest first
 *
 * Either holds every commit up to `version`, and no part of a later one. What it says is the
 * state as of `version`; of the states between, as much as the writer still had.
 */
#ifndef HF_FORMAT_SNAPSHOT_FORMAT_H
#define HF_FORMAT_SNAPSHOT_FORMAT_H

#include "format/table_format.h"

#define HF_SNAPSHOT_FORMAT 1u

struct hf_snapshot_header {
    uint32_t format;  /* HF_SNAPSHOT_FORMAT */
    uint64_t time_us; /* of the commit `version` */
    uint64_t version; /* 0: of an empty database */
    uint64_t base;    /* 0: full; else at most `version` */
};

/* Where the commits come from: versions mean the same only within one lineage. */
struct hf_snapshot_identity {
    uint8_t uuid[16];    /* of the database */
    uint8_t lineage[16]; /* drawn when a history of commits begins */
};

/* A block's payload takes no more than this, unless it is one entry. */
#define HF_SNAPSHOT_PAYLOAD_MAX (UINT32_C(1) << 18)

/* ---- writing ----------------------------------------------------------------------------- */

/*
 * Each call makes the next piece of the file, which the caller writes behind the one before:
 *
 *   begin, seal (samples) ..., seal (ranges) ..., entries, seal (data) ..., end
 *
 * Samples, ranges and entries come in their order, across blocks too. Ranges come first, so
 * that whoever reads the entries knows already which of those before them are deleted.
 */
struct hf_snapshot_writer {
    uint64_t off; /* bytes so far */
    uint32_t crc; /* of them */
    uint32_t base_file, base_section;
    uint64_t blocks, items;             /* of this section */
    uint64_t blocks_total, items_total; /* of those before it */
};

#define HF_SNAPSHOT_BEGIN_SIZE 92u
#define HF_SNAPSHOT_ENTRIES_SIZE 37u
#define HF_SNAPSHOT_END_SIZE 69u

/* Fills HF_SNAPSHOT_BEGIN_SIZE bytes: the header and the identity. */
void hf_snapshot_begin(struct hf_snapshot_writer *writer, void *to,
                       const struct hf_snapshot_header *header,
                       const struct hf_snapshot_identity *identity);
/* Fills HF_SNAPSHOT_ENTRIES_SIZE bytes: ends the identity, begins the entries. */
void hf_snapshot_entries(struct hf_snapshot_writer *writer, void *to);
/*
 * Puts head and checksum around a payload that stands at to + HF_BLOCK_HEAD, made by
 * hf_samples_encode or hf_block_finish; no two ranges are too large for one. Returns the size
 * of the whole block.
 */
size_t hf_snapshot_seal(struct hf_snapshot_writer *writer, void *to, enum hf_block_kind kind,
                        uint32_t payload_size);
/* Fills HF_SNAPSHOT_END_SIZE bytes, the last of the file. */
void hf_snapshot_end(struct hf_snapshot_writer *writer, void *to);

/* ---- reading ----------------------------------------------------------------------------- */

enum hf_snapshot_step {
    HF_SNAPSHOT_MORE,     /* `need` bytes are wanted; at the end of the file: it was cut */
    HF_SNAPSHOT_IDENTITY, /* header and identity are known and checked */
    HF_SNAPSHOT_SAMPLES,  /* a block of samples; hf_snapshot_load_samples comes next */
    HF_SNAPSHOT_RANGES,   /* a block of ranges; hf_snapshot_load_ranges comes next */
    HF_SNAPSHOT_ENTRIES,  /* a block of entries; hf_snapshot_load_entries comes next */
    HF_SNAPSHOT_END,      /* all was read and adds up; a byte behind it is damage */
    HF_SNAPSHOT_BAD,      /* what stands at `piece_off` is not what is expected there; final */
    HF_SNAPSHOT_NEWER /* or is unknown, though its checksum holds: a newer Holdfast; final */
};

enum hf_snapshot_state {
    HF_SNAPSHOT_AT_HEADER,
    HF_SNAPSHOT_AT_SECTION, /* before the head of a section */
    HF_SNAPSHOT_AT_BLOCK,   /* in a section, before a block of it */
    HF_SNAPSHOT_AT_CRC,     /* behind the last section */
    HF_SNAPSHOT_AT_STOP     /* END, BAD and NEWER stay what they are */
};

struct hf_snapshot_reader {
    struct hf_snapshot_header header;
    struct hf_snapshot_identity identity;
    uint64_t off;       /* of the next byte to be read */
    uint64_t piece_off; /* of the header, section head, block or crc looked at last */
    size_t need;        /* of MORE: bytes in one piece from `off` on */

    /* of SAMPLES, RANGES and ENTRIES */
    struct hf_span payload; /* in the input */
    uint32_t count;         /* of samples, ranges or entries */
    uint64_t loaded_size;   /* of ranges and entries: what hf_block_load takes */
    struct hf_sample last;  /* of the samples before */
    bool has_ranges;        /* no more samples can come */
    uint8_t *last_key;      /* HF_KEY_SIZE_MAX bytes of the caller's: of what came before */
    size_t last_key_size;   /* 0: there was none */
    uint64_t last_version;

    enum hf_snapshot_state state;
    enum hf_snapshot_step stop;
    bool is_pending; /* the last block was not loaded yet */
    uint8_t section, section_count, sections_seen;
    uint64_t section_off, section_size; /* size 0: until its end block */
    uint32_t crc, base_file, base_section;
    uint64_t blocks, items, blocks_total, items_total;
};

void hf_snapshot_reader_init(struct hf_snapshot_reader *reader, uint8_t *last_key);
/*
 * Reads on: `in` begins with the byte at reader->off, and *used of it are done with when this
 * returns, in every case; the payload of a block stays in the input all the same. `need`
 * stays within HF_SNAPSHOT_PAYLOAD_MAX + HF_BLOCK_OVERHEAD, but for a block of one entry. Who
 * does not trust the file grows the memory for one as its bytes come in.
 */
enum hf_snapshot_step hf_snapshot_next(struct hf_snapshot_reader *reader, struct hf_span in,
                                       size_t *used);
/* Decodes reader->count samples. False: they do not add up; the reader has stopped. */
bool hf_snapshot_load_samples(struct hf_snapshot_reader *reader, struct hf_sample *samples);
/* Expands into `block`, as the next one, entries with the first key and the end of a range.
 * False: they do not add up, as below; the reader has stopped. */
bool hf_snapshot_load_ranges(struct hf_snapshot_reader *reader, struct hf_block *block);
/*
 * Expands into `block`, reader->loaded_size bytes, aligned to 8. False: the entries do not add
 * up, do not come behind those before, or are none that this snapshot can hold; the reader has
 * stopped.
 */
bool hf_snapshot_load_entries(struct hf_snapshot_reader *reader, struct hf_block *block);

#endif
