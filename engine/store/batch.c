/*
 * batch.c - operations gathered for one commit.
 *
 * Keys and values are copied into the batch's own memory. A reset keeps the last block of it
 * and the lists, so that a batch used again and again allocates nothing once it fits into one.
 *
 * A range deletes what was there before its commit. What the batch itself wrote before the
 * range, and is in it, is left out of the commit: so nobody after this has to ask which of two
 * operations of one version came first.
 */
#include "store/store.h"

#include "base/span.h"
#include "index/range_set.h"

#define BLOCK_SIZE (64u << 10)
#define LIST_SIZE 16u

struct block {
    struct block *next;
    size_t size, used;
    uint8_t bytes[];
};

struct hf_batch {
    struct hf_db *db;
    struct hf_change *changes;
    struct hf_check *checks;
    uint32_t change_count, change_capacity;
    uint32_t check_count, check_capacity;
    struct block *blocks; /* the first one is being filled */
    uint64_t size;        /* of the commit's payload so far */
    uint32_t range_limit; /* 1 more than the index of the last range; 0: there is none */
    enum hf_err failed;   /* sticky, until a reset */
};

enum hf_err
hf_batch_open(struct hf_batch **out, struct hf_db *db)
{
    struct hf_batch *batch = hf_env_alloc(sizeof *batch);

    *out = batch;
    if (batch == NULL)
        return HF_ERR_NO_MEMORY;
    *batch = (struct hf_batch){ .db = db, .size = HF_WAL_COMMIT_HEAD };
    return HF_OK;
}

void
hf_batch_reset(struct hf_batch *batch)
{
    struct block *rest = batch->blocks == NULL ? NULL : batch->blocks->next;

    while (rest != NULL) {
        struct block *next = rest->next;
        hf_env_free(rest);
        rest = next;
    }
    if (batch->blocks != NULL) {
        batch->blocks->next = NULL;
        batch->blocks->used = 0;
    }
    batch->change_count = batch->check_count = batch->range_limit = 0;
    batch->size = HF_WAL_COMMIT_HEAD;
    batch->failed = HF_OK;
}

void
hf_batch_close(struct hf_batch *batch)
{
    if (batch == NULL)
        return;
    hf_batch_reset(batch);
    hf_env_free(batch->blocks);
    hf_env_free(batch->changes);
    hf_env_free(batch->checks);
    hf_env_free(batch);
}

/* Doubles a list of `item_size` bytes an item, if it is full. */
static enum hf_err
grow(void **list, uint32_t count, uint32_t *capacity, size_t item_size)
{
    uint32_t wanted = *capacity == 0 ? LIST_SIZE : *capacity * 2;
    void *larger;

    if (count < *capacity)
        return HF_OK;
    larger = hf_env_alloc(wanted * item_size);
    if (larger == NULL)
        return HF_ERR_NO_MEMORY;
    if (count > 0)
        memcpy(larger, *list, count * item_size);
    hf_env_free(*list);
    *list = larger;
    *capacity = wanted;
    return HF_OK;
}

/* Room for `size` bytes, until the next reset. NULL: no memory. */
static uint8_t *
take_room(struct hf_batch *batch, size_t size)
{
    struct block *block = batch->blocks;
    size_t block_size = size > BLOCK_SIZE ? size : BLOCK_SIZE;

    if (block == NULL || block->size - block->used < size) {
        block = hf_env_alloc(sizeof *block + block_size);
        if (block == NULL)
            return NULL;
        *block = (struct block){ .next = batch->blocks, .size = block_size };
        batch->blocks = block;
    }
    block->used += size;
    return block->bytes + block->used - size;
}

static struct hf_span
copy(uint8_t *to, struct hf_span from)
{
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    return hf_span(to, from.len);
}

static enum hf_err
add_change(struct hf_batch *batch, enum hf_wal_op_type type, struct hf_span key,
           struct hf_span value)
{
    uint64_t size = hf_wal_op_size(key.len, value.len);
    enum hf_err err = batch->failed;
    uint8_t *at;

    if (err != HF_OK)
        return err;
    if (key.len == 0)
        return HF_ERR_INVALID;
    if (key.len > HF_KEY_SIZE_MAX || value.len > HF_VALUE_SIZE_MAX ||
        batch->size + size > hf_db_commit_size_max(batch->db))
        return batch->failed = HF_ERR_TOO_LARGE;
    err = grow((void **)&batch->changes, batch->change_count, &batch->change_capacity,
               sizeof *batch->changes);
    at = err == HF_OK ? take_room(batch, key.len + value.len) : NULL;
    if (at == NULL)
        return batch->failed = HF_ERR_NO_MEMORY;
    batch->changes[batch->change_count++] = (struct hf_change){
        .type = type, .key = copy(at, key), .value = copy(at + key.len, value)
    };
    batch->size += size;
    return HF_OK;
}

enum hf_err
hf_batch_put(struct hf_batch *batch, struct hf_span key, struct hf_span value)
{
    return add_change(batch, HF_WAL_PUT, key, value);
}

enum hf_err
hf_batch_delete(struct hf_batch *batch, struct hf_span key)
{
    return add_change(batch, HF_WAL_DELETE, key, hf_span(NULL, 0));
}

enum hf_err
hf_batch_delete_range(struct hf_batch *batch, struct hf_span from, struct hf_span to)
{
    enum hf_err err = batch->failed;

    if (err == HF_OK)
        err = hf_range_settle(&from, to, NULL);
    if (err == HF_OK)
        err = add_change(batch, HF_WAL_DELETE_RANGE, from, to);
    else if (err == HF_ERR_TOO_LARGE)
        batch->failed = err;
    if (err == HF_OK)
        batch->range_limit = batch->change_count;
    return err;
}

enum hf_err
hf_batch_check(struct hf_batch *batch, struct hf_span key, uint64_t expected)
{
    enum hf_err err = batch->failed;
    uint8_t *at;

    if (err != HF_OK)
        return err;
    if (key.len == 0 || key.len > HF_KEY_SIZE_MAX)
        return HF_ERR_INVALID;
    err = grow((void **)&batch->checks, batch->check_count, &batch->check_capacity,
               sizeof *batch->checks);
    at = err == HF_OK ? take_room(batch, key.len) : NULL;
    if (at == NULL)
        return batch->failed = HF_ERR_NO_MEMORY;
    batch->checks[batch->check_count++] = (struct hf_check){ copy(at, key), expected };
    return HF_OK;
}

/* Marks, going back from the last range, what a range behind it covers: with an empty key. */
static enum hf_err
mark_covered(struct hf_batch *batch, struct hf_range_set *ranges)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = batch->range_limit; err == HF_OK && i > 0; i--) {
        struct hf_change *change = &batch->changes[i - 1];
        struct hf_range_delete range = { .from = change->key,
                                         .to = change->value,
                                         .version = 1 };
        if (change->type != HF_WAL_DELETE_RANGE) {
            if (hf_range_set_cover(ranges, change->key, 1) != 0)
                change->key.len = 0;
            continue;
        }
        err = hf_range_set_add(ranges, &range);
        hf_range_set_publish(ranges);
    }
    return err;
}

/* Leaves out what ranges of the batch itself delete. NO_MEMORY: it can be tried again. */
static enum hf_err
drop_covered(struct hf_batch *batch)
{
    struct hf_budget budget;
    struct hf_range_set *ranges;
    uint32_t kept = 0;
    enum hf_err err;

    if (batch->range_limit < 2)
        return HF_OK;
    hf_budget_init(&budget, 0);
    err = hf_range_set_open(&ranges, &budget);
    if (err == HF_OK)
        err = mark_covered(batch, ranges);
    hf_range_set_close(ranges);
    for (uint32_t i = 0; i < batch->change_count; i++) {
        if (batch->changes[i].key.len != 0)
            batch->changes[kept++] = batch->changes[i];
    }
    batch->range_limit -= batch->change_count - kept;
    batch->change_count = kept;
    return err;
}

enum hf_err
hf_batch_commit(struct hf_batch *batch, unsigned flags, uint64_t *version)
{
    struct hf_commit commit = {
        .checks = batch->checks,
        .check_count = batch->check_count,
        .flags = flags,
    };
    enum hf_err err = batch->failed;

    if (err != HF_OK)
        return err;
    if (batch->change_count == 0)
        return HF_ERR_INVALID;
    err = drop_covered(batch);
    if (err != HF_OK)
        return err;
    commit.changes = batch->changes;
    commit.change_count = batch->change_count;
    err = hf_db_commit(batch->db, &commit, version);
    if (err == HF_OK)
        hf_batch_reset(batch);
    return err;
}
