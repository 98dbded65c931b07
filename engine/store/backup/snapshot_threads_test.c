/*
 * snapshot_threads_test.c - snapshots while several threads write.
 *
 * Method: two writers put and delete, small segments keep the background thread flushing and
 * merging, and this thread takes a chain of snapshots meanwhile. The chain, restored, must be
 * what a view of the origin as of the same version shows, item by item; so must a checkpoint
 * be sound. Run under the thread sanitiser as well.
 */
#define _GNU_SOURCE
#include "store/test_model.h"

#include <pthread.h>
#include <stdatomic.h>

#define CHAIN 6u
#define WRITES 2500u /* of each writer, between two snapshots at least some */

static struct hf_db *db;
static struct test_stream chain[CHAIN];
static atomic_uint written;
static atomic_bool failed;

static void *
write_rows(void *context)
{
    unsigned salt = *(unsigned *)context;
    char key[16];

    for (unsigned i = 0; i < WRITES && !failed; i++) {
        int len = snprintf(key, sizeof key, "k%04u", (i * 7919u + salt) % 1500u);
        struct hf_span span = hf_span(key, (size_t)len);
        enum hf_err err = i % 5 == 0
                              ? hf_delete(db, span, 0, NULL)
                              : hf_put(db, span, span, i % 100 == 0 ? HF_DURABLE : 0, NULL);
        if (err != HF_OK)
            failed = true;
        written++;
    }
    return NULL;
}

static bool
is_same(const struct hf_item *a, const struct hf_item *b)
{
    return hf_span_equal(a->key, b->key) && hf_span_equal(a->value, b->value) &&
           a->version == b->version && a->time_us == b->time_us;
}

/* Whether two views show the same items. */
static bool
views_are_same(struct hf_view *a, struct hf_view *b)
{
    struct hf_iter *x = NULL, *y = NULL;
    struct hf_item p, q;
    enum hf_err err = HF_OK;
    bool ok = hf_iter_open(&x, a, NULL) == HF_OK && hf_iter_open(&y, b, NULL) == HF_OK;

    while (ok && err == HF_OK) {
        err = hf_iter_next(x, &p);
        ok = err == hf_iter_next(y, &q) && (err != HF_OK || is_same(&p, &q));
    }
    hf_iter_close(x);
    hf_iter_close(y);
    return ok && err == HF_ERR_NOT_FOUND;
}

static bool
chain_is_right(unsigned count, uint64_t version)
{
    struct hf_snapshot_input inputs[CHAIN];
    struct hf_view *of_db = NULL, *of_copy = NULL;
    struct hf_db *copy;
    bool ok;

    for (unsigned i = 0; i < count; i++)
        inputs[i] = test_stream_input(&chain[i]);
    if (hf_restore(test_path("copy"), NULL, inputs, count, NULL, NULL) != HF_OK)
        return false;
    copy = test_open(test_path("copy"), HF_READ_ONLY);
    ok = copy != NULL && hf_view_open(&of_db, db, version) == HF_OK &&
         hf_view_open(&of_copy, copy, HF_LATEST) == HF_OK &&
         hf_view_version(of_copy) == version && views_are_same(of_db, of_copy);
    hf_view_close(of_db);
    hf_view_close(of_copy);
    return hf_close(copy) == HF_OK && ok && test_shell("rm -rf copy");
}

/* Waits, by asking the database for work, until the writers have come further. */
static void
let_them_write(unsigned count)
{
    bool more;

    while (written < count && !failed)
        failed = failed || hf_work(db, &more) != HF_OK;
}

static bool
take_chain(void)
{
    struct hf_snapshot snapshot = { 0 };
    bool ok = true;

    for (unsigned i = 0; ok && i < CHAIN; i++) {
        let_them_write(i * WRITES / 4 + 1); /* since version 0 would be a full one */
        ok = hf_snapshot_write(db, snapshot.version, test_stream_write, &chain[i], &snapshot) ==
                 HF_OK &&
             chain_is_right(i + 1, snapshot.version);
    }
    return ok;
}

static bool
take_checkpoint(void)
{
    uint64_t version;
    struct hf_db *copy;
    bool ok = hf_checkpoint(db, test_path("checkpoint"), &version) == HF_OK;

    copy = ok ? test_open(test_path("checkpoint"), HF_READ_ONLY) : NULL;
    ok = copy != NULL && hf_last_version(copy) == version &&
         hf_verify(copy, test_print, NULL) == HF_OK;
    return hf_close(copy) == HF_OK && ok;
}

int
main(void)
{
    static unsigned salts[2] = { 0, 700 };
    struct hf_options options = HF_OPTIONS_INIT;
    pthread_t writers[2];

    options.segment_size = 32768;
    if (!test_begin("snapshot_threads_test") ||
        hf_open(&db, test_path("db"), &options, NULL) != HF_OK)
        return 1;
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&writers[i], NULL, write_rows, &salts[i]);
    TAP_OK(take_chain(), "each chain is the database as of its version");
    TAP_OK(take_checkpoint(), "a checkpoint is whole");
    for (unsigned i = 0; i < 2; i++)
        pthread_join(writers[i], NULL);
    TAP_OK(!failed && hf_close(db) == HF_OK, "and the writers were not disturbed");
    for (unsigned i = 0; i < CHAIN; i++)
        free(chain[i].at);
    return test_end();
}
