/*
 * verify.c - reads every file again, beside the memory that was made from it.
 *
 * The log, segment by segment along the chain: every group, frame, link and version must be as
 * recovery would want it, and every commit must be, byte for byte, the one in memory, in the
 * same order. Then the indexes are walked, and the manifest is read, both its copies. For all
 * of this the database's lock is held; the tables are checked after it, one by one, while
 * others read and write.
 */
#include "store/store.h"

#include "base/probe.h"
#include "base/span.h"
#include "format/wal_walk.h"
#include "store/log/frames.h"
#include "store/merge/manifest.h"
#include "store/recovery/recovery.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define CHECK_BLOCKS 256u /* of a table, with the lock given up */

struct verify {
    struct hf_db *db;
    hf_line_fn *line;
    void *context;
    uint64_t findings;
    enum hf_err err; /* of a look that could not be taken: no finding */

    uint32_t memtables_left; /* the next commit in memory is in the last of these, */
    uint32_t memory_segment; /* here */
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
    const struct hf_catalog *catalog = verify->db->catalog;
    struct hf_frame frame;

    for (; verify->memtables_left > 0; verify->memtables_left--) {
        const struct hf_segments *segments =
            &catalog->memtables[verify->memtables_left - 1]->segments;
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
        verify->memory_segment = 0;
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

    while (verify->db->unplaced && next_in_memory(verify, &payload))
        verify->last++;
}

/* ---- manifest and tables ----------------------------------------------------------------- */

static void
check_manifest(struct verify *verify)
{
    struct hf_db *db = verify->db;
    struct hf_manifest_file file;
    struct hf_detail detail = { "" };
    enum hf_err err;

    if (db->manifest.number == 0)
        return;
    err = hf_manifest_read(&file, &db->tables, db->manifest.number, &detail);
    if (err == HF_ERR_IO || err == HF_ERR_NO_MEMORY) {
        verify->err = err;
        return;
    }
    if (err != HF_OK) {
        finding(verify, "%s", detail.text);
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (file.copies.copy[i] != HF_MANIFEST_GOOD)
            finding(verify, "manifest-%010u: copy %d is damaged", db->manifest.number, i + 1);
    }
    if (file.copies.extra > 0)
        finding(verify, "manifest-%010u: %" PRIu64 " bytes too many", db->manifest.number,
                file.copies.extra);
    if (file.manifest.last != db->manifest.last ||
        file.manifest.table_count != db->catalog->table_count)
        finding(verify, "manifest-%010u differs from memory", db->manifest.number);
    hf_manifest_forget(&file, &db->tables);
}

/* With the lock held, which the looking gives up. */
static void
check_table(struct verify *verify, struct hf_table *table)
{
    struct hf_db *db = verify->db;
    struct hf_table_check *check = NULL;
    struct hf_detail detail = { "" };
    bool more = true;
    enum hf_err err;

    if (table->is_suspect && HF_PLANTED(verify_believes_suspect)) {
        finding(verify, "table-%010u: a merge could not read it", (unsigned)table->info.number);
        return;
    }
    err = hf_table_check_open(&check, &db->tables, table);
    while (err == HF_OK && more) {
        hf_db_unlock(db);
        err = hf_table_check_step(check, CHECK_BLOCKS, &more, &detail);
        hf_db_lock(db);
    }
    hf_table_check_close(check);
    if (err == HF_ERR_CORRUPT)
        finding(verify, "%s", detail.text);
    else if (err != HF_OK)
        verify->err = err;
}

static void
check_tables(struct verify *verify)
{
    struct hf_db *db = verify->db;
    struct hf_catalog *catalog = db->catalog;

    hf_catalog_ref(catalog);
    for (uint32_t i = 0; i < catalog->table_count; i++)
        check_table(verify, catalog->tables[i]);
    hf_catalog_unref(&db->tables, catalog);
}

static const char *
check_memory(const struct hf_db *db)
{
    const char *broken = hf_catalog_check(db->catalog);

    for (uint32_t i = 0; broken == NULL && i < db->catalog->memtable_count; i++)
        broken = hf_memtable_check(db->catalog->memtables[i]);
    return broken != NULL ? broken : hf_cache_check(db->cache);
}

enum hf_err
hf_verify(struct hf_db *db, hf_line_fn *line, void *context)
{
    struct verify verify = { .db = db, .line = line, .context = context };
    struct hf_span payload;
    const char *broken;

    hf_db_lock(db);
    verify.memtables_left = db->catalog->memtable_count;
    verify.last = db->catalog->memtables[verify.memtables_left - 1]->base;
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
    broken = check_memory(db);
    if (broken != NULL)
        finding(&verify, "%s", broken);
    if (verify.err == HF_OK)
        check_manifest(&verify);
    check_tables(&verify);
    hf_db_unlock(db);
    if (verify.findings > 0)
        return HF_ERR_CORRUPT;
    return verify.err;
}
