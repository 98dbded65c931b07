/*
 * verify.c - reads the log on disk again, beside the memory that was made from it.
 *
 * Segment by segment along the chain: every group, frame, link and version must be as recovery
 * would want it, and every commit must be, byte for byte, the one in memory, in the same order.
 * Then the indexes are walked. The database's lock is held throughout.
 */
#include "store/store.h"

#include "base/span.h"
#include "format/wal_walk.h"
#include "store/frames.h"
#include "store/recovery.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct verify {
    struct hf_db *db;
    hf_line_fn *line;
    void *context;
    uint64_t findings;
    enum hf_err err; /* of a look that could not be taken: no finding */

    uint32_t memory_segment; /* the next commit in memory */
    uint64_t memory_off;
    uint64_t last;
};

static void __attribute__((format(printf, 2, 3)))
finding(struct verify *verify, const char *format, ...)
{
    char text[HF_ERROR_TEXT_SIZE];
    va_list args;

    verify->findings++;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    verify->line(verify->context, text);
}

/* The commit in memory that comes next, moved past; false: there is none. */
static bool
next_in_memory(struct verify *verify, struct hf_span *payload)
{
    const struct hf_segments *segments = &verify->db->table.segments;
    struct hf_frame frame;

    for (; verify->memory_segment < segments->count; verify->memory_segment++) {
        const struct hf_segment *memory = &segments->list[verify->memory_segment];
        if (hf_frame_next(&frame, memory, verify->memory_off)) {
            *payload = hf_span(memory->base + frame.off + HF_WAL_FRAME_HEAD,
                               frame.size - HF_WAL_FRAME_OVERHEAD);
            verify->memory_off = frame.off + frame.size;
            return true;
        }
        verify->memory_off = 0;
    }
    return false;
}

static void
check_commit(struct verify *verify, const struct hf_chain_entry *entry,
             const struct hf_wal_walk *walk)
{
    struct hf_span memory;

    verify->last = walk->commit.version;
    if (!next_in_memory(verify, &memory))
        finding(verify, "wal-%010u at %" PRIu64 ": commit %" PRIu64 " is not in memory",
                entry->number, walk->frame_off, walk->commit.version);
    else if (!hf_span_equal(memory, walk->frame.payload))
        finding(verify, "wal-%010u at %" PRIu64 ": commit %" PRIu64 " differs from memory",
                entry->number, walk->frame_off, walk->commit.version);
}

/* Walks the bytes of one segment up to where the log says that it ends. */
static void
check_bytes(struct verify *verify, const struct hf_chain_entry *entry, struct hf_span bytes)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;

    if (hf_wal_header_decode(&header, bytes) != HF_WAL_GOOD || header.number != entry->number) {
        finding(verify, "wal-%010u at 0: the segment header is damaged", entry->number);
        return;
    }
    uint64_t end = entry->end != 0 ? entry->end : verify->db->log.active->end;
    if (end < bytes.len)
        bytes.len = end;
    hf_wal_walk_init(&walk, bytes, &header, verify->last + 1);
    while ((step = hf_wal_walk_next(&walk)) < HF_WAL_STEP_END) {
        if (step == HF_WAL_STEP_COMMIT)
            check_commit(verify, entry, &walk);
    }
    if (step != HF_WAL_STEP_END || walk.end != end)
        finding(verify, "wal-%010u at %" PRIu64 ": unreadable; the log goes on to %" PRIu64,
                entry->number, walk.off, end);
}

static void
check_segment(struct verify *verify, const struct hf_chain_entry *entry)
{
    struct hf_db *db = verify->db;
    struct hf_detail detail = { "" };
    char name[HF_NAME_SIZE_MAX];
    uint8_t *bytes;
    uint64_t size, mapped;

    hf_log_name(name, entry->number, "");
    db->budget.over = UINT64_MAX; /* for the moment of the look */
    verify->err = hf_recovery_read(db, name, &bytes, &size, &mapped, &detail);
    db->budget.over = 0;
    if (verify->err == HF_ERR_NOT_FOUND || verify->err == HF_ERR_CORRUPT) {
        verify->err = HF_OK;
        finding(verify, "%s", detail.text);
    }
    if (bytes == NULL)
        return;
    check_bytes(verify, entry, hf_span(bytes, size));
    hf_budget_unmap(&db->budget, bytes, mapped);
}

/* The last segment in memory has no file yet, after a recovery that could not or must not
 * write. */
static void
skip_unplaced(struct verify *verify)
{
    struct hf_span payload;
    uint32_t newest = verify->db->table.segments.count - 1;

    while (verify->db->unplaced && verify->memory_segment <= newest) {
        if (!next_in_memory(verify, &payload))
            return;
        verify->last++;
    }
}

enum hf_err
hf_verify(struct hf_db *db, hf_line_fn *line, void *context)
{
    struct verify verify = { .db = db, .line = line, .context = context };
    struct hf_span payload;
    const char *broken;

    hf_db_lock(db);
    for (uint32_t i = 0; i < db->log.chain_count && verify.err == HF_OK; i++)
        check_segment(&verify, &db->log.chain[i]);
    if (hf_db_has_log(db) && verify.err == HF_OK) {
        skip_unplaced(&verify);
        if (verify.last != db->last)
            finding(&verify, "the log ends with version %" PRIu64 ", memory with %" PRIu64,
                    verify.last, db->last);
        if (next_in_memory(&verify, &payload))
            finding(&verify, "memory holds commits that the log does not");
    }
    broken = hf_memtable_check(&db->table);
    if (broken != NULL)
        finding(&verify, "%s", broken);
    hf_db_unlock(db);
    if (verify.findings > 0)
        return HF_ERR_CORRUPT;
    return verify.err;
}
