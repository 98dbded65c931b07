/*
 * peer_holdfast.c - Holdfast among its peers, through its public interface like any of them.
 *
 * Reading sessions read under one view, as the others read under one transaction.
 */
#include "bench/peers/peer.h"

#include <stdlib.h>

struct session {
    struct hf_db *db;
    struct hf_view *view;   /* of a reading session */
    struct hf_batch *batch; /* of a writing one */
};

static void
must(enum hf_err err, const char *what)
{
    if (err != HF_OK)
        bench_peer_die("holdfast", what, hf_strerror(err));
}

static void *
holdfast_open(const struct bench_peer_setup *setup)
{
    static const enum hf_mode modes[] = { HF_MODE_MEMORY, HF_MODE_BUFFERED, HF_MODE_STRICT };
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_error error;
    struct hf_db *db;

    options.mode = modes[setup->mode];
    options.memtable_size = setup->write_buffer_size;
    options.keep_versions = 0; /* the newest only, as the others keep */
    if (setup->mode == BENCH_PEER_MEMORY)
        options.flags |= HF_SINGLE_THREAD;
    if (hf_open(&db, setup->mode == BENCH_PEER_MEMORY ? NULL : setup->path, &options, &error) !=
        HF_OK)
        bench_peer_die("holdfast", "open", error.text);
    return db;
}

static void
holdfast_close(void *db)
{
    must(hf_close(db), "close");
}

static void
holdfast_settle(void *db)
{
    must(hf_compact(db), "compact");
}

static void *
holdfast_session_open(void *db, bool reads)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("holdfast", "session", "no memory");
    session->db = db;
    if (reads)
        must(hf_view_open(&session->view, db, HF_LATEST), "view");
    else
        must(hf_batch_open(&session->batch, db), "batch");
    return session;
}

static void
holdfast_session_close(void *at)
{
    struct session *session = at;

    hf_view_close(session->view);
    hf_batch_close(session->batch);
    free(session);
}

static void
holdfast_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;

    if (count == 1) {
        must(hf_put(session->db, pairs->key, pairs->value, 0, NULL), "put");
        return;
    }
    for (size_t i = 0; i < count; i++)
        must(hf_batch_put(session->batch, pairs[i].key, pairs[i].value), "batch put");
    must(hf_batch_commit(session->batch, 0, NULL), "commit");
}

static bool
holdfast_get(void *at, struct hf_span key, struct hf_span *value)
{
    struct session *session = at;
    struct hf_item item;
    enum hf_err err = hf_view_get(session->view, key, &item);

    if (err == HF_ERR_NOT_FOUND)
        return false;
    must(err, "get");
    *value = item.value;
    return true;
}

static uint64_t
holdfast_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit,
              void *context)
{
    struct session *session = at;
    struct hf_range range = { from, { NULL, 0 }, false };
    struct hf_iter *iter;
    struct hf_item item;
    enum hf_err err = HF_OK;
    uint64_t count = 0;

    must(hf_iter_open(&iter, session->view, &range), "iterator");
    for (; count < limit && (err = hf_iter_next(iter, &item)) == HF_OK; count++)
        visit(context, item.key, item.value);
    hf_iter_close(iter);
    if (err != HF_ERR_NOT_FOUND)
        must(err, "next");
    return count;
}

const struct bench_peer bench_peer_holdfast = {
    .name = "holdfast",
    .settings = { "HF_MODE_MEMORY, HF_SINGLE_THREAD, keep_versions 0",
                  "HF_MODE_BUFFERED, keep_versions 0", "HF_MODE_STRICT, keep_versions 0" },
    .replays = true,
    .version = hf_version_string,
    .open = holdfast_open,
    .close = holdfast_close,
    .settle = holdfast_settle,
    .session_open = holdfast_session_open,
    .session_close = holdfast_session_close,
    .put = holdfast_put,
    .get = holdfast_get,
    .scan = holdfast_scan,
};
