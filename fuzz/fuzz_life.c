/*
 * fuzz_life.c - a short life of a small database, for targets and their seeds.
 */
#include "fuzz/fuzz_life.h"

#include "fuzz/room.h"
#include "fuzz/take.h"

#include <stdio.h>

#define RANGE_KEYS 4u

void
fuzz_life_commit(struct fuzz_commit *commit, uint64_t version)
{
    unsigned n = (unsigned)version, key = n * 7 % FUZZ_LIFE_KEYS;
    int key_size = snprintf(commit->key, sizeof commit->key, "key%02u", key), value_size;

    commit->is_range = n % 13 == 12; /* right before a flush */
    commit->is_delete = commit->is_range || n % 5 == 4;
    if (commit->is_range)
        value_size = snprintf(commit->value, sizeof commit->value, "key%02u", key + RANGE_KEYS);
    else
        value_size = snprintf(commit->value, sizeof commit->value, "%s@%u %0*u", commit->key, n,
                              (int)(n * 5 % 60), n);
    bool is_empty = commit->is_range ? key + RANGE_KEYS > FUZZ_LIFE_KEYS : commit->is_delete;
    commit->key_span = hf_span(commit->key, (size_t)key_size);
    commit->value_span = hf_span(commit->value, is_empty ? 0 : (size_t)value_size);
}

static bool
covers(const struct fuzz_commit *commit, struct hf_span key)
{
    if (!commit->is_range)
        return hf_span_equal(commit->key_span, key);
    return hf_span_compare(commit->key_span, key) <= 0 &&
           (commit->value_span.len == 0 || hf_span_compare(key, commit->value_span) < 0);
}

uint64_t
fuzz_life_newest(struct hf_span key, uint64_t version)
{
    struct fuzz_commit commit;

    for (; version > 0; version--) {
        fuzz_life_commit(&commit, version);
        if (covers(&commit, key))
            return commit.is_delete ? 0 : version;
    }
    return 0;
}

struct fuzz_life
fuzz_life_of(unsigned seed)
{
    unsigned commits = 8 + seed * 5;

    return (struct fuzz_life){ .commits = commits,
                               .flush_every = seed % 3 == 0 ? 0 : 13,
                               .compact_after = seed % 4 == 3 ? commits / 2 : 0,
                               .is_closed = seed % 2 == 0 };
}

static void
commit(struct hf_db *db, uint64_t version)
{
    struct fuzz_commit commit;
    uint64_t made = 0;
    unsigned flags = version % 3 == 0 ? HF_DURABLE : 0;
    enum hf_err err;

    fuzz_life_commit(&commit, version);
    if (commit.is_range)
        err = hf_delete_range(db, commit.key_span, commit.value_span, flags, &made);
    else if (commit.is_delete)
        err = hf_delete(db, commit.key_span, flags, &made);
    else
        err = hf_put(db, commit.key_span, commit.value_span, flags, &made);
    HF_ASSERT(err == HF_OK && made == version);
}

void
fuzz_life_run(void *context)
{
    const struct fuzz_life *life = context;
    struct hf_options options = fuzz_room_options(HF_CREATE);
    struct hf_db *db;

    HF_ASSERT(hf_open(&db, "db", &options, NULL) == HF_OK);
    for (unsigned n = 1; n <= life->commits; n++) {
        bool more;
        commit(db, n);
        if (life->flush_every != 0 && n % life->flush_every == 0)
            HF_ASSERT(hf_flush(db) == HF_OK);
        if (n == life->compact_after)
            HF_ASSERT(hf_compact(db) == HF_OK);
        if (n % 2 == 0)
            HF_ASSERT(hf_work(db, &more) == HF_OK);
    }
    if (life->is_saved)
        HF_ASSERT(hf_snapshot_save(db, 0, FUZZ_LIFE_SNAPSHOT, NULL) == HF_OK);
    HF_ASSERT((life->is_closed ? hf_close(db) : hf_sync(db)) == HF_OK);
}
