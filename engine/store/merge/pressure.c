/*
 * pressure.c - holding writers back while flushes or compactions are behind.
 *
 * Pressure grows from 0 to FULL_PRESSURE with what waits: frozen memtables, tables of level 0,
 * memory near its limit. In between writers are slowed down in proportion to their bytes, so
 * that no commit pays for all; at FULL_PRESSURE they wait. Without background threads they
 * take steps of the work themselves. The cause stands in the statistics.
 *
 * Beside background threads each commit pays its delay at once. Systems do not sleep for less
 * than some tens of microseconds, so a short delay is spent looking at the clock, the lock
 * given up. Adding delays up until they are worth a sleep was tried: one put in five hundred
 * then took a millisecond, which is what people see who look at the slowest ones.
 */
#include "store/store.h"

#include "base/probe.h"

#define FULL_PRESSURE 256u
#define FROZEN_SOFT 1u /* frozen memtables that cost nothing yet, */
#define FROZEN_HARD 4u /* and as many that writers wait */
#define LEVEL_0_SOFT 4u
#define LEVEL_0_HARD 24u
#define MEMORY_SHARE 8u /* full pressure with less than one in so many bytes left */

#define DELAY_NS_PER_BYTE 100u              /* at full pressure */
#define SLEEP_NS_MIN 50000u                 /* delays that are shorter are not slept */
#define BYTES_PER_STEP (UINT64_C(32) << 10) /* written, for some steps of work: */
#define STEPS_MAX 8u                        /* so many at full pressure */
#define WAIT_NS 20000000u

static unsigned
between(uint64_t at, uint64_t soft, uint64_t hard)
{
    if (at <= soft)
        return 0;
    return at >= hard ? FULL_PRESSURE : (unsigned)((at - soft) * FULL_PRESSURE / (hard - soft));
}

static bool
is_memory_short(const struct hf_db *db)
{
    uint64_t limit = db->options.memory_limit;

    return limit != 0 && db->catalog->memtable_count > 1 &&
           db->budget.used - hf_cache_size(db->cache) > limit - limit / MEMORY_SHARE;
}

static unsigned
pressure(const struct hf_db *db, enum hf_stall *cause)
{
    unsigned flush = between(db->catalog->memtable_count - 1, FROZEN_SOFT, FROZEN_HARD);
    unsigned merge = between(db->catalog->level_first[1], LEVEL_0_SOFT, LEVEL_0_HARD);

    if (is_memory_short(db)) {
        *cause = HF_STALL_MEMORY;
        return FULL_PRESSURE;
    }
    *cause = flush >= merge ? HF_STALL_FLUSH : HF_STALL_COMPACTION;
    return flush >= merge ? flush : merge;
}

/* Lets the work go on for a moment: another thread's, or a step of ours. */
static enum hf_err
let_work(struct hf_db *db, uint64_t ns, struct hf_detail *detail)
{
    if (hf_db_has_threads(db) || db->working) {
        hf_db_rouse(&db->table_keeper);
        hf_db_wait(db, ns);
        return db->job_err;
    }
    return hf_jobs_step(db, detail);
}

/* Lets a short time pass, to the background threads' good. */
static void
pass_time(struct hf_db *db, uint64_t ns)
{
    uint64_t began = hf_env_mono_ns();

    hf_db_unlock(db);
    while (hf_env_mono_ns() - began < ns) {
    }
    hf_db_lock(db);
}

/* Some steps of the work, each time that enough was written. */
static void
take_steps(struct hf_db *db, unsigned at, uint64_t bytes)
{
    struct hf_detail detail = { "" };
    unsigned steps = 1 + at * STEPS_MAX / FULL_PRESSURE;
    uint64_t delay;
    enum hf_err err = HF_OK;

    db->held_bytes += bytes * at / FULL_PRESSURE;
    if (db->held_bytes < BYTES_PER_STEP)
        return;
    delay = db->held_bytes * DELAY_NS_PER_BYTE; /* where another thread is at a step */
    db->held_bytes = 0;
    for (; err == HF_OK && steps > 0; steps--)
        err = let_work(db, delay, &detail);
    if (err != HF_OK) /* fails again, and is told, when writers have to wait for it */
        HF_MARK(pressure_work_failed);
}

/* In between: pays for its bytes. */
static void
slow_down(struct hf_db *db, unsigned at, uint64_t bytes)
{
    uint64_t delay = bytes * DELAY_NS_PER_BYTE * at / FULL_PRESSURE;

    if (!hf_db_has_threads(db))
        take_steps(db, at, bytes);
    else if (delay < SLEEP_NS_MIN)
        pass_time(db, delay);
    else
        hf_db_wait(db, delay);
}

enum hf_err
hf_db_hold_back(struct hf_db *db, uint64_t bytes, bool is_delete, struct hf_detail *detail)
{
    enum hf_stall cause;
    unsigned at = hf_db_has_log(db) ? pressure(db, &cause) : 0;
    uint64_t began;
    enum hf_err err = HF_OK;

    if (at == 0)
        return HF_OK;
    began = hf_env_mono_ns();
    if (at < FULL_PRESSURE)
        slow_down(db, at, bytes);
    while (at >= FULL_PRESSURE && err == HF_OK && !is_delete && db->failure == HF_OK) {
        HF_MARK(commit_held_back);
        err = let_work(db, WAIT_NS, detail);
        at = pressure(db, &cause);
        if (err == HF_OK && at >= FULL_PRESSURE && !db->working && !hf_jobs_wait(db))
            break; /* nothing that work could relieve: memory has the last word */
    }
    db->stats.stalls[cause]++;
    db->stats.stall_ns[cause] += hf_env_mono_ns() - began;
    if (err != HF_OK && detail->text[0] == 0)
        hf_detail_set(detail, err, "writes wait for a flush, which fails: %s",
                      hf_strerror(err));
    return err;
}
