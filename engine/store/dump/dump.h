/*
 * dump.h - a readable account of files, as the parts of hf_dump share it. Private to the dump.
 *
 *      dump.c        a directory, or one file: which dump is the right one
 *        |
 *   dump_log.c   dump_manifest.c   dump_table.c   dump_snapshot.c    bytes to lines
 *        |              |                 |              |
 *        |              |            dump_walk.c, dump_block.c       blocks of either
 *        |              |                        |
 *        `--------------`---- dump_text.c -------'
 *
 * Each takes the bytes of one whole file, whatever they are, and says what they are, a line for
 * each structure: its offset in a column, then what it holds; what it cannot read it names with
 * its place. They judge nothing: whether the files of a database fit together is verify's.
 */
#ifndef HF_STORE_DUMP_H
#define HF_STORE_DUMP_H

#include "format/table_format.h"

/* Where the lines go. */
struct hf_dump {
    hf_line_fn *line;
    void *context;
};

/* ---- dump_text.c ------------------------------------------------------------------------- */

/* One line. */
void hf_dump_say(const struct hf_dump *dump, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One line, its offset in the column in front. */
void hf_dump_say_at(const struct hf_dump *dump, uint64_t off, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define HF_DUMP_SHOWN_MAX 40u /* bytes of a key or a value that are shown */

struct hf_dump_text {
    char at[4 * HF_DUMP_SHOWN_MAX + 4];
};

/* A key or value for people: escaped as the tool reads it, cut with dots. Returns text->at. */
const char *hf_dump_escape(struct hf_dump_text *text, struct hf_span bytes);
/* 16 bytes in hexadecimal. Returns text->at. */
const char *hf_dump_uuid(struct hf_dump_text *text, const uint8_t uuid[16]);

/* ---- dump_block.c ------------------------------------------------------------------------ */

/* Memory to expand blocks in: one area, which grows. Zeroed at first; fini gives it back. */
struct hf_dump_memory {
    void *at;
    uint64_t size;
};

/* At least `size` bytes; what was in them is gone. NULL: the system has none. */
void *hf_dump_memory_take(struct hf_dump_memory *memory, uint64_t size);
void hf_dump_memory_fini(struct hf_dump_memory *memory);

struct hf_dump_block {
    uint64_t off;
    enum hf_block_kind kind;
    uint32_t size; /* whole */
    struct hf_span payload;
};

const char *hf_dump_kind_name(enum hf_block_kind kind);

/* Whether a payload is one of that kind. */
bool hf_dump_payload_adds_up(struct hf_dump_memory *memory, enum hf_block_kind kind,
                             struct hf_span payload);
/* One line, of DATA, INDEX or SAMPLES: how many there are, the first and the last. `note`, if
 * not empty, stands behind the size. */
void hf_dump_say_block(const struct hf_dump *dump, struct hf_dump_memory *memory,
                       const struct hf_dump_block *block, const char *note);

/* ---- dump_walk.c ------------------------------------------------------------------------- */

/*
 * From block to block, without an index. A damaged block is walked past if a next one stands
 * where it says that it ends, and no sound one before; else the next sound one is searched for,
 * byte by byte: its checksum knows its place.
 */
struct hf_dump_walk {
    struct hf_span in; /* the whole file */
    uint64_t off;      /* of what comes next */
    uint64_t limit;    /* where the blocks end */
    bool is_checked;   /* `base` is known; else what adds up is taken for a block */
    uint32_t base;     /* of the masks */
    uint64_t searched; /* bytes that were looked at for that: there is a limit */
    struct hf_dump_memory *memory;

    struct hf_dump_block block; /* what the last step found; of a gap, where and how long */
    uint64_t gap_size;
};

enum hf_dump_step {
    HF_DUMP_BLOCK,
    HF_DUMP_DAMAGED, /* a block, by its head; its checksum does not hold */
    HF_DUMP_GAP,     /* no block can be made out */
    HF_DUMP_LIMIT    /* the blocks end here */
};

enum hf_dump_step hf_dump_walk_next(struct hf_dump_walk *walk);
/* One line about a step that is DAMAGED or a GAP. */
void hf_dump_say_damage(const struct hf_dump *dump, const struct hf_dump_walk *walk,
                        enum hf_dump_step step);

/* ---- the bytes of one file --------------------------------------------------------------- */

void hf_dump_log(const struct hf_dump *dump, struct hf_span in);
void hf_dump_table(const struct hf_dump *dump, struct hf_span in);
void hf_dump_manifest(const struct hf_dump *dump, struct hf_span in);
void hf_dump_snapshot(const struct hf_dump *dump, struct hf_span in);

#endif
