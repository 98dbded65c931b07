/*
 * merge_times.c - when commits were made: gathered from the inputs of a merge for its tables.
 *
 * A flush walks over the frames of its memtable. A compaction reads one table's samples after
 * the other, each time merging what it has with what comes:
 *
 *    times  1 4 7 9  --.
 *                       >-- by version --> other  1 2 4 7 8 9      then they change places
 *    table    2   8  --'
 *
 * A sample of the same version may stand in two tables, if it was the floor for both.
 */
#include "store/merge/merge_times.h"

#include "base/probe.h"
#include "memory/area.h"
#include "store/log/frames.h"
#include "store/table/table_write.h"

#define GRAIN_US UINT64_C(1000)
#define COUNT_MAX (UINT64_C(1) << 16) /* samples of one merge, */
#define COUNT_MIN 64u                 /* so many in any case; */
#define COUNT_SHARE 4096u             /* one for so many bytes of the memory limit */
#define SAMPLE_BYTES_MIN 2u           /* that one takes in a table */

/* ---- a list of samples ------------------------------------------------------------------- */

/* Whether the last sample gives its place to one behind it. */
static bool
gives_way(const struct hf_times *times, struct hf_sample sample)
{
    const struct hf_sample *last = &times->list[times->count - 1];

    if (last->version == times->kept)
        return sample.version == times->kept;
    return last->time_us / times->grain_us == sample.time_us / times->grain_us;
}

/* Puts a sample behind the others, or in the place of the last one. */
static void
put(struct hf_times *times, struct hf_sample sample)
{
    if (times->count > 0 && gives_way(times, sample))
        times->count--;
    times->list[times->count++] = sample;
}

static void
double_grain(struct hf_times *times)
{
    uint32_t count = times->count;

    HF_MARK(times_thinned);
    times->grain_us *= 2;
    times->count = 0;
    for (uint32_t i = 0; i < count; i++)
        put(times, times->list[i]);
}

void
hf_times_add(struct hf_times *times, struct hf_sample sample)
{
    put(times, sample);
    while (times->count == times->capacity)
        double_grain(times);
}

/* ---- memory ------------------------------------------------------------------------------ */

static uint64_t
lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t
count_limit(const struct hf_budget *budget)
{
    uint64_t limit = lesser(budget->limit / COUNT_SHARE, COUNT_MAX);

    return limit > COUNT_MIN ? limit : COUNT_MIN;
}

/* How many samples a flush can have at most: those of the memtable, and what was before. */
static uint64_t
count_in_memtable(const struct hf_memtable *memtable)
{
    struct hf_frame frame;

    if (!hf_memtable_first(memtable, &frame))
        return 0;
    return lesser(memtable->entries, (memtable->time_us - frame.time_us) / GRAIN_US + 2) + 1;
}

/* The same of tables, and the largest block of them. */
static uint64_t
count_in_tables(struct hf_table *const *tables, uint32_t count, uint64_t *raw_size)
{
    uint64_t samples = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t size = tables[i]->meta.samples.size;
        samples += size / SAMPLE_BYTES_MIN;
        if (size > *raw_size)
            *raw_size = size;
    }
    return samples;
}

enum hf_err
hf_merge_times_open(struct hf_merge_times *times, struct hf_table_env *env,
                    const struct hf_merge_plan *plan)
{
    uint64_t raw_size = 0, count = 0, used = 0;

    *times = (struct hf_merge_times){ .area = NULL };
    if (plan->memtable != NULL)
        count = count_in_memtable(plan->memtable);
    count += count_in_tables(plan->newer, plan->newer_count, &raw_size);
    count += count_in_tables(plan->older, plan->older_count, &raw_size);
    if (count == 0)
        return HF_OK;
    uint32_t capacity = (uint32_t)lesser(count, count_limit(env->budget)) + 1;
    uint64_t list_size = capacity * sizeof(struct hf_sample);
    times->size = 2 * list_size + raw_size;
    times->area = hf_budget_alloc(env->budget, times->size);
    if (times->area == NULL)
        return HF_ERR_NO_MEMORY;
    times->times.grain_us = times->other.grain_us = GRAIN_US;
    times->times.kept = times->other.kept = plan->floor;
    times->times.capacity = times->other.capacity = capacity;
    times->times.list = hf_area_take(times->area, &used, list_size);
    times->other.list = hf_area_take(times->area, &used, list_size);
    times->raw = hf_area_take(times->area, &used, raw_size);
    return HF_OK;
}

void
hf_merge_times_close(struct hf_merge_times *times, struct hf_table_env *env)
{
    hf_budget_free(env->budget, times->area, times->size);
    times->area = NULL;
}

/* ---- gathering --------------------------------------------------------------------------- */

static void
add_memtable(struct hf_merge_times *times, const struct hf_memtable *memtable)
{
    struct hf_frame frame;

    for (uint32_t i = 0; i < memtable->segments.count; i++) {
        const struct hf_segment *memory = &memtable->segments.list[i];
        for (uint64_t off = 0; hf_frame_next(&frame, memory, off); off = frame.off + frame.size)
            hf_times_add(&times->times, (struct hf_sample){ frame.version, frame.time_us });
    }
}

/* The samples that were gathered before `version` go over to the other list. */
static uint32_t
pass_before(struct hf_merge_times *times, uint32_t from, uint64_t version)
{
    const struct hf_times *before = &times->times;

    for (; from < before->count && before->list[from].version < version; from++)
        hf_times_add(&times->other, before->list[from]);
    return from;
}

static enum hf_err
add_table(struct hf_merge_times *times, const struct hf_table *table, uint64_t floor,
          struct hf_detail *detail)
{
    struct hf_samples_reader reader;
    uint32_t passed = 0;
    enum hf_err err;

    if (table->meta.samples.size == 0)
        return HF_OK;
    err = hf_table_samples_read(table, times->raw, &reader, detail);
    times->other.count = 0;
    times->other.grain_us = times->times.grain_us;
    while (err == HF_OK && hf_table_samples_next(&reader)) {
        passed = pass_before(times, passed, reader.last.version);
        if (reader.last.version >= floor)
            hf_times_add(&times->other, reader.last);
    }
    pass_before(times, passed, UINT64_MAX);
    struct hf_times gathered = times->other;
    times->other = times->times;
    times->times = gathered;
    return err;
}

static enum hf_err
add_tables(struct hf_merge_times *times, struct hf_table *const *tables, uint32_t count,
           uint64_t floor, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < count; i++)
        err = add_table(times, tables[i], floor, detail);
    return err;
}

enum hf_err
hf_merge_times_gather(struct hf_merge_times *times, const struct hf_merge_plan *plan,
                      struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (times->area == NULL || (plan->memtable == NULL && HF_PLANTED(merge_lose_times)))
        return HF_OK;
    if (plan->memtable != NULL && plan->before.version == plan->floor && plan->floor != 0)
        hf_times_add(&times->times, plan->before);
    if (plan->memtable != NULL)
        add_memtable(times, plan->memtable);
    err = add_tables(times, plan->newer, plan->newer_count, plan->floor, detail);
    if (err == HF_OK)
        err = add_tables(times, plan->older, plan->older_count, plan->floor, detail);
    return err;
}

/* ---- handing on -------------------------------------------------------------------------- */

void
hf_merge_times_give(struct hf_merge_times *times, struct hf_table_writer *writer,
                    uint64_t newest_range)
{
    const struct hf_times *all = &times->times;
    uint64_t newest = hf_table_writer_newest(writer);

    if (newest < newest_range)
        newest = newest_range;
    for (; times->given < all->count && all->list[times->given].version <= newest;
         times->given++)
        hf_table_writer_sample(writer, all->list[times->given]);
}

uint32_t
hf_merge_times_left(const struct hf_merge_times *times)
{
    return times->times.count - times->given;
}
