/*
 * compact.c - which tables to merge next.
 *
 *   level 0     all of it goes down, once it has COUNT_MAX tables
 *   level n     one table goes down, while the level is larger than its share: FIRST_SHARE
 *               memtables, or one table, on level 1, GROWTH times more on each further one
 *   deletes     a table that is mostly deletes goes down, so that files shrink with the data
 *   wanted      of hf_compact: all of one level after the other
 *
 * The level that is furthest past its share goes first: where level 1 has grown large, sending
 * level 0 down would write all of level 1 anew each time.
 *
 * Down means: merged with the tables below whose keys it meets. Of a level the table goes that
 * meets the fewest bytes below, in proportion to its own.
 */
#include "store/merge/job.h"

#include "base/assert.h"
#include "base/probe.h"
#include "store/store.h"

#define COUNT_MAX 4u
#define FIRST_SHARE 4u
#define GROWTH 10u
#define SCORE_DUE 256u
#define MOVE_MAX 64u     /* tables that are looked at for overlaps, each against each */
#define DELETES_SHARE 4u /* one entry in so many a delete: worth a compaction of its own */

/* The tables of a level whose keys meet those within `bounds`. */
static struct hf_table *const *
meeting(const struct hf_catalog *catalog, uint32_t level, const struct hf_table_info *bounds,
        uint32_t *count)
{
    uint32_t all;
    struct hf_table *const *tables = hf_catalog_level(catalog, level, &all);
    uint32_t first = hf_catalog_seek(tables, all, bounds->key_min), limit = first;

    while (limit < all && !hf_table_ends_before(bounds, tables[limit]->info.key_min))
        limit++;
    *count = limit - first;
    return tables + first;
}

static uint64_t
bytes_of(struct hf_table *const *tables, uint32_t count)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < count; i++)
        bytes += tables[i]->info.size;
    return bytes;
}

/* What is to be merged: `count` tables of a level from `first` on. */
struct choice {
    uint32_t level;
    uint32_t first;
    uint32_t count; /* 0: nothing */
};

/* Of a level the table whose descent costs least. */
static uint32_t
cheapest(const struct hf_catalog *catalog, uint32_t level)
{
    uint32_t count, met, best = UINT32_MAX;
    uint64_t best_cost = UINT64_MAX;
    struct hf_table *const *tables = hf_catalog_level(catalog, level, &count);

    for (uint32_t i = 0; i < count; i++) {
        struct hf_table *const *below = meeting(catalog, level + 1, &tables[i]->info, &met);
        uint64_t cost = bytes_of(below, met) * 16 / (tables[i]->info.size / 1024 + 1);
        if (!tables[i]->is_suspect && cost < best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    return best;
}

/* A range counts as many: how much it deletes shows only further down. */
static bool
is_mostly_deletes(const struct hf_db *db, const struct hf_table *table)
{
    return !table->is_suspect && table->info.version_max <= db->floor &&
           (table->ranges != NULL ||
            table->info.deletes >= table->info.entries / DELETES_SHARE + 1);
}

static struct choice
choose_deletes(const struct hf_db *db)
{
    for (uint32_t level = 1; level + 1 < HF_LEVELS; level++) {
        uint32_t count;
        struct hf_table *const *tables = hf_catalog_level(db->catalog, level, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (is_mostly_deletes(db, tables[i]))
                return (struct choice){ level, i, 1 };
        }
    }
    return (struct choice){ 0, 0, 0 };
}

static bool
has_suspect(struct hf_table *const *tables, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (tables[i]->is_suspect)
            return true;
    }
    return false;
}

/* The bytes that a level above 0 may hold before something leaves it. */
static uint64_t
share_of(uint32_t level, uint64_t memtable_size, uint64_t table_size)
{
    uint64_t share = FIRST_SHARE * memtable_size;

    if (share < table_size)
        share = table_size;
    for (uint32_t i = 1; i < level; i++)
        share *= GROWTH;
    return share;
}

uint32_t
hf_compact_level_for(uint64_t bytes, uint64_t memtable_size, uint64_t table_size)
{
    uint32_t level = 1;

    while (level + 1 < HF_LEVELS && share_of(level, memtable_size, table_size) < bytes)
        level++;
    return level;
}

/* How urgent it is that something leaves a level; SCORE_DUE and above: it is time. */
static uint64_t
score_of(const struct hf_db *db, uint32_t level)
{
    const struct hf_catalog *catalog = db->catalog;

    if (level == 0)
        return catalog->level_first[1] * SCORE_DUE / COUNT_MAX;
    return hf_catalog_level_bytes(catalog, level) /
           (share_of(level, db->memtable_size, db->table_size) / SCORE_DUE + 1);
}

/* What goes down from a level: all of level 0, of the others one table. */
static struct choice
choose_from(const struct hf_catalog *catalog, uint32_t level)
{
    uint32_t count, best;
    struct hf_table *const *tables = hf_catalog_level(catalog, level, &count);

    if (level == 0)
        return (struct choice){ 0, 0, has_suspect(tables, count) ? 0 : count };
    best = cheapest(catalog, level);
    return (struct choice){ level, best, best != UINT32_MAX };
}

static struct choice
choose(struct hf_db *db)
{
    struct choice choice = { 0, 0, 0 };
    uint64_t best = SCORE_DUE - 1;
    uint32_t count;

    if (db->compact_level < HF_LEVELS) {
        hf_catalog_level(db->catalog, db->compact_level, &count);
        return (struct choice){ db->compact_level, 0, count };
    }
    for (uint32_t level = 0; level + 1 < HF_LEVELS; level++) {
        uint64_t score = score_of(db, level);
        struct choice from = score > best ? choose_from(db->catalog, level) : choice;
        if (score > best && from.count > 0) {
            best = score;
            choice = from;
        }
    }
    if (choice.count == 0 && db->catalog->level_first[1] > 0 && HF_CHANCE(compact_early))
        choice = choose_from(db->catalog, 0);
    return choice.count > 0 ? choice : choose_deletes(db);
}

bool
hf_compact_is_wanted(struct hf_db *db)
{
    return choose(db).count > 0;
}

/* Keeps the inputs in the job: newer ones first, then those below that they meet. */
static enum hf_err
take_inputs(struct hf_db *db, struct hf_job *job, const struct choice *choice,
            uint32_t *newer_count)
{
    uint32_t count, met;
    struct hf_table *const *newer =
        hf_catalog_level(db->catalog, choice->level, &count) + choice->first;
    struct hf_table_info bounds = newer[0]->info;

    for (uint32_t i = 1; i < choice->count; i++) {
        const struct hf_table_info *info = &newer[i]->info;
        if (hf_span_compare(info->key_min, bounds.key_min) < 0)
            bounds.key_min = info->key_min;
        if (hf_table_ends_first(&bounds, info)) {
            bounds.key_max = info->key_max;
            bounds.max_is_open = info->max_is_open;
        }
    }
    struct hf_table *const *older = meeting(db->catalog, choice->level + 1, &bounds, &met);
    job->input_capacity = choice->count + met;
    job->inputs = hf_budget_alloc(&db->budget, job->input_capacity * sizeof *job->inputs);
    if (job->inputs == NULL)
        return HF_ERR_NO_MEMORY;
    memcpy(job->inputs, newer, choice->count * sizeof *newer);
    if (met > 0)
        memcpy(job->inputs + choice->count, older, met * sizeof *older);
    job->input_count = choice->count + met;
    *newer_count = choice->count;
    return HF_OK;
}

/* Whether the tables overlap in their keys. Those of one level above 0 never do. */
static bool
overlap(struct hf_table *const *tables, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count; j++) {
            const struct hf_table_info *a = &tables[i]->info, *b = &tables[j]->info;
            if (!hf_table_ends_before(a, b->key_min) && !hf_table_ends_before(b, a->key_min))
                return true;
        }
    }
    return false;
}

/* Whether a merge of this table alone would drop nothing. */
static bool
is_all_needed(const struct hf_table *table, uint64_t floor)
{
    return table->info.version_min > floor ||
           (table->is_lean && table->info.deletes == 0 && table->meta.ranges_size == 0);
}

/* Whether tables can go down as they are: they meet nothing, and merging would drop nothing. */
static bool
can_move(struct hf_table *const *newer, uint32_t newer_count, uint32_t older_count,
         uint64_t floor)
{
    if (HF_PLANTED(compact_move_blindly))
        return newer_count == 1;
    if (older_count > 0 || newer_count > MOVE_MAX || overlap(newer, newer_count))
        return false;
    for (uint32_t i = 0; i < newer_count; i++) {
        if (!is_all_needed(newer[i], floor))
            return false;
    }
    return true;
}

enum hf_err
hf_compact_begin(struct hf_db *db, struct hf_detail *detail)
{
    struct hf_job *job = &db->compaction;
    struct choice choice = choose(db);
    uint32_t newer = 0;
    enum hf_err err;

    HF_ASSERT(!hf_job_is_on(job));
    if (choice.count == 0)
        return HF_OK;
    hf_db_raise_floor(db);
    err = take_inputs(db, job, &choice, &newer);
    if (err == HF_OK)
        db->compact_level = HF_LEVELS; /* what was wanted begins */
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory to list the inputs of a compaction");
    job->floor = HF_PLANTED(merge_no_floor) ? db->published : db->floor;
    job->level = choice.level + 1;
    if (can_move(job->inputs, newer, job->input_count - newer, job->floor)) {
        job->is_move = job->is_done = true; /* the next step installs it */
        job->floor = 0;                     /* nothing is dropped */
        return HF_OK;
    }
    struct hf_merge_plan plan = {
        .catalog = db->catalog,
        .newer = job->inputs,
        .newer_count = newer,
        .older = job->inputs + newer,
        .older_count = job->input_count - newer,
        .level = job->level,
        .floor = job->floor,
        .table_size = db->table_size,
        .keys_max = db->table_keys_max,
        .block_size = db->block_size,
        .number_next = &db->file_number_next,
    };
    return hf_merge_open(&job->merge, &db->tables, &plan, detail);
}
