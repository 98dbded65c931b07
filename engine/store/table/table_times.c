/*
 * table_times.c - which commit was the newest at a time, as far as a table knows.
 *
 * All samples of a table are in one block, read past the cache: who asks for a time asks once,
 * and blocks of data are of more use there. What the first reading has told of their range
 * stays with the table, so that later questions read only those that can answer.
 */
#include "store/table/table.h"

#include "base/probe.h"
#include "store/table/table_read.h"

static bool
add_up(struct hf_span payload, uint64_t version_max)
{
    struct hf_samples_reader reader;
    enum hf_table_verdict verdict = hf_samples_begin(&reader, payload);

    while (verdict == HF_TABLE_GOOD && reader.left > 0)
        verdict = hf_samples_next(&reader);
    return verdict == HF_TABLE_GOOD && reader.last.version <= version_max;
}

enum hf_err
hf_table_samples_read(const struct hf_table *table, uint8_t *raw,
                      struct hf_samples_reader *reader, struct hf_detail *detail)
{
    struct hf_block_want want = { .kind = HF_BLOCK_SAMPLES, .place = table->meta.samples };
    struct hf_span payload;
    enum hf_err err = hf_table_read(table, &want, raw, &payload, detail);

    if (err != HF_OK)
        return err;
    if (!add_up(payload, table->meta.version_max) ||
        hf_samples_begin(reader, payload) != HF_TABLE_GOOD)
        return hf_table_corrupt(table, want.place.off, "the samples do not add up", detail);
    return HF_OK;
}

bool
hf_table_samples_next(struct hf_samples_reader *reader)
{
    return reader->left > 0 && hf_samples_next(reader) == HF_TABLE_GOOD;
}

/* ---- what a table can tell --------------------------------------------------------------- */

/* One reading of all samples answers two questions. */
struct question {
    uint64_t time_us; /* what was the newest at that time? */
    uint64_t version; /* and when was this one? */
};

struct answer {
    uint64_t version; /* the newest up to the time; 0: all are later */
    uint64_t time_us; /* of the version, */
    bool knows_time;  /* if there is a sample of it */
    uint64_t from_us; /* the time of the first, */
    uint64_t to;      /* and the version of the last */
};

/* Without the mutex. */
static enum hf_err
ask(const struct hf_table *table, uint8_t *raw, const struct question *question,
    struct answer *answer, struct hf_detail *detail)
{
    struct hf_samples_reader reader;
    enum hf_err err = hf_table_samples_read(table, raw, &reader, detail);

    *answer = (struct answer){ .from_us = UINT64_MAX };
    while (err == HF_OK && hf_table_samples_next(&reader)) {
        if (answer->to == 0)
            answer->from_us = reader.last.time_us;
        answer->to = reader.last.version;
        if (reader.last.time_us <= question->time_us)
            answer->version = reader.last.version;
        if (reader.last.version == question->version) {
            answer->time_us = reader.last.time_us;
            answer->knows_time = true;
        }
    }
    return err;
}

/* With the mutex held, which the reading gives up. */
static enum hf_err
answer_from(struct hf_table_env *env, struct hf_table *table, const struct question *question,
            struct answer *answer, struct hf_detail *detail)
{
    uint32_t size = table->meta.samples.size;
    uint8_t *raw = hf_budget_alloc_past_limit(env->budget, size);

    if (raw == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY,
                             "no memory to read the times of commits");
    if (env->mutex != NULL)
        hf_mutex_unlock(env->mutex);
    enum hf_err err = ask(table, raw, question, answer, detail);
    if (env->mutex != NULL)
        hf_mutex_lock(env->mutex);
    hf_budget_free(env->budget, raw, size);
    if (err != HF_OK)
        return err;
    table->sampled_from_us = answer->from_us;
    table->sampled_to = answer->to;
    return HF_OK;
}

static bool
can_answer(const struct hf_table *table, uint64_t time_us, uint64_t version)
{
    if (table->meta.samples.size == 0)
        return false;
    return table->sampled_to == 0 ||
           (table->sampled_from_us <= time_us && table->sampled_to > version);
}

enum hf_err
hf_table_version_at(struct hf_table_env *env, struct hf_table *table, uint64_t time_us,
                    uint64_t *version, struct hf_detail *detail)
{
    struct question question = { .time_us = time_us };
    struct answer answer;

    if (!can_answer(table, time_us, *version))
        return HF_OK;
    HF_MARK(version_at_tables);
    enum hf_err err = answer_from(env, table, &question, &answer, detail);
    if (err == HF_OK && answer.version > *version)
        *version = answer.version;
    return err;
}

enum hf_err
hf_table_time_of(struct hf_table_env *env, struct hf_table *table, uint64_t version,
                 uint64_t *time_us, struct hf_detail *detail)
{
    struct question question = { .version = version };
    struct answer answer;

    if (table->meta.samples.size == 0 || table->meta.version_max < version)
        return HF_ERR_NOT_FOUND;
    enum hf_err err = answer_from(env, table, &question, &answer, detail);
    if (err != HF_OK)
        return err;
    if (!answer.knows_time)
        return HF_ERR_NOT_FOUND;
    *time_us = answer.time_us;
    return HF_OK;
}
