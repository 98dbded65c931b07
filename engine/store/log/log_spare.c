/*
 * log_spare.c - preparing the next segment ahead, so that rotation neither waits nor fails.
 *
 *   NONE -- create, header --> FILLING -- zeros, in pieces --> FILLED -- sync, name --> READY
 *                                                              |  ^
 *                                                              +--+ another number, if this
 *                                                                   one was overtaken
 *
 * A spare brings its memory along, its pages touched. Rotation never waits for it: it makes a
 * segment on the spot, under a higher number, whose file grows as it is written, and the spare
 * takes a number beyond that; one that has its name by then is thrown away, as is what fails,
 * and another is made.
 */
#include "store/log/log.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "vfs/vfs_io.h"

#define STEP_SIZE (256u * 1024) /* bytes of zeros in one step of background work */
#define START_SHARE 8u          /* one in so many bytes of the active segment used: start */

bool
hf_log_wants_spare(const struct hf_log *log)
{
    const struct hf_log_segment *active = log->active;

    if (log->dir == NULL || active == NULL || active->file == NULL || log->spare_busy ||
        log->spare_ready)
        return false;
    return log->spare != NULL ||
           (!log->spare_failed && active->end - log->sector >= active->size / START_SHARE);
}

/* With the mutex held: a number, and a header, beyond the one that overtook the spare. */
static enum hf_err
renumber(struct hf_log *log, struct hf_log_segment *spare, struct hf_detail *detail)
{
    struct hf_log_plan plan = { spare->size, log->durable_position, true };
    struct hf_log_segment *next = NULL;
    uint8_t *sector = hf_budget_alloc(log->budget, log->sector);
    enum hf_err err = HF_ERR_NO_MEMORY;

    HF_MARK(log_spare_renumbered);
    if (sector != NULL)
        err = hf_log_segment_new(&next, log, &plan, sector, detail);
    if (err == HF_OK) {
        spare->number = next->number;
        spare->mask_base = next->mask_base;
        err = hf_vfs_write_full(spare->file, 0, hf_span(sector, log->sector), detail);
    }
    hf_log_segment_free(log, next);
    hf_budget_free(log->budget, sector, log->sector);
    return err;
}

static enum hf_err
create(struct hf_log *log, struct hf_detail *detail)
{
    uint64_t size = log->size_next;
    enum hf_err err = HF_ERR_NO_MEMORY;

    log->spare_memory = (struct hf_segment){ .size = size };
    log->spare_memory.base = hf_budget_map_raw(log->budget, size);
    if (log->spare_memory.base != NULL)
        err = hf_log_segment_create(&log->spare, log, size, true, detail);
    if (err != HF_OK)
        hf_budget_unmap(log->budget, log->spare_memory.base, size);
    log->spare_filled = log->sector;
    log->spare_failed = err != HF_OK;
    return err;
}

void
hf_log_spare_discard(struct hf_log *log)
{
    if (log->spare == NULL)
        return;
    hf_log_segment_discard(log, log->spare);
    hf_budget_unmap(log->budget, log->spare_memory.base, log->spare_memory.size);
    log->spare = NULL;
    log->spare_ready = false;
}

bool
hf_log_spare_give(struct hf_log *log)
{
    if (log->spare == NULL || log->spare_busy)
        return false;
    HF_MARK(log_spare_given);
    hf_log_spare_discard(log);
    log->spare_failed = log->spare_given = true;
    return true;
}

void
hf_log_spare_may_return(struct hf_log *log)
{
    log->spare_failed = false;
}

/* Touches the pages of [from, to), so that no commit waits for the system to find them. */
static void
touch(struct hf_segment *memory, uint64_t from, uint64_t to)
{
    volatile uint8_t *base = memory->base;

    for (uint64_t off = from & ~(uint64_t)(HF_ENV_PAGE - 1); off < to; off += HF_ENV_PAGE)
        base[off] = 0;
}

/* Without the mutex: the next piece of zeros, or the syncs behind the last one. */
static enum hf_err
fill_or_settle(struct hf_log *log, struct hf_log_segment *spare, uint64_t filled,
               struct hf_detail *detail)
{
    uint64_t to = filled + STEP_SIZE < spare->size ? filled + STEP_SIZE : spare->size;

    if (filled == spare->size)
        return hf_log_segment_settle(log, spare, detail);
    touch(&log->spare_memory, filled, to);
    return hf_log_fill(spare->file, filled, to, detail);
}

static bool
is_overtaken(const struct hf_log *log)
{
    return log->spare->number < log->number_begun;
}

enum hf_err
hf_log_prepare(struct hf_log *log, struct hf_detail *detail)
{
    struct hf_log_segment *spare = log->spare;
    uint64_t filled = log->spare_filled;
    enum hf_err err = HF_OK;

    HF_ASSERT(hf_log_wants_spare(log));
    if (HF_CHANCE(log_skip_spare))
        return HF_OK;
    if (spare == NULL)
        return create(log, detail);

    if (is_overtaken(log) && spare->is_named) {
        hf_log_spare_discard(log);
        return HF_OK;
    }
    if (is_overtaken(log) && filled == spare->size)
        err = renumber(log, spare, detail);
    if (err == HF_OK) {
        log->spare_busy = true;
        if (log->mutex != NULL)
            hf_mutex_unlock(log->mutex);
        err = fill_or_settle(log, spare, filled, detail);
        if (log->mutex != NULL)
            hf_mutex_lock(log->mutex);
        log->spare_busy = false;
    }
    if (err != HF_OK) {
        hf_log_spare_discard(log);
        log->spare_failed = true;
        return err;
    }
    if (filled == spare->size) {
        log->spare_ready = !is_overtaken(log);
        if (log->spare_given)
            HF_MARK(log_spare_returned);
        log->spare_given = false;
    } else {
        log->spare_filled = filled + STEP_SIZE < spare->size ? filled + STEP_SIZE : spare->size;
        log->spare_memory.touched = log->spare_filled;
    }
    return HF_OK;
}
