/*
 * peer_tkrzw.c - Tkrzw's file tree: a B+tree over a hash database.
 *
 * It has no log: what was set lives in the pages of the process until it is synchronised. So a
 * buffered commit ends with a synchronisation that stops at the kernel, a strict one with one
 * that goes to the disk. That is its only way to keep what the others keep; in memory, on a
 * tmpfs, it is spared both. It has no commits of several operations.
 */
#include "bench/peers/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <tkrzw_langc.h>

struct db {
    TkrzwDBM *dbm;
    enum bench_peer_mode mode;
};

struct session {
    struct db *db;
    TkrzwDBMIter *iter; /* of a reading session */
    char *value;        /* what the last get brought */
};

static void
must(bool held, const char *what)
{
    if (!held)
        bench_peer_die("tkrzw", what, tkrzw_get_last_status_message());
}

static void *
tkrzw_open(const struct bench_peer_setup *setup)
{
    struct db *db = calloc(1, sizeof *db);
    char path[512];

    if (db == NULL)
        bench_peer_die("tkrzw", "open", "no memory");
    db->mode = setup->mode;
    (void)snprintf(path, sizeof path, "%s/peer.tkt", setup->path);
    /* As many buckets as its documentation advises for the pages of a million records. */
    db->dbm =
        tkrzw_dbm_open(path, true, "dbm=TreeDBM,num_buckets=131101,max_cached_pages=131072");
    must(db->dbm != NULL, "open");
    return db;
}

static void
tkrzw_close(void *at)
{
    struct db *db = at;

    must(tkrzw_dbm_close(db->dbm), "close");
    free(db);
}

static void
tkrzw_settle(void *at)
{
    struct db *db = at;

    must(tkrzw_dbm_synchronize(db->dbm, false, NULL, NULL, ""), "synchronize");
}

static void *
tkrzw_session_open(void *db, bool reads)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("tkrzw", "session", "no memory");
    session->db = db;
    if (reads)
        session->iter = tkrzw_dbm_make_iterator(session->db->dbm);
    return session;
}

static void
tkrzw_session_close(void *at)
{
    struct session *session = at;

    if (session->iter != NULL)
        tkrzw_dbm_iter_free(session->iter);
    free(session->value);
    free(session);
}

static void
tkrzw_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;
    struct db *db = session->db;

    for (size_t i = 0; i < count; i++)
        must(tkrzw_dbm_set(db->dbm, pairs[i].key.at, (int32_t)pairs[i].key.len,
                           pairs[i].value.at, (int32_t)pairs[i].value.len, true),
             "set");
    if (db->mode != BENCH_PEER_MEMORY)
        must(tkrzw_dbm_synchronize(db->dbm, db->mode == BENCH_PEER_STRICT, NULL, NULL, ""),
             "synchronize");
}

static bool
tkrzw_get(void *at, struct hf_span key, struct hf_span *value)
{
    struct session *session = at;
    int32_t size = 0;

    free(session->value);
    session->value = tkrzw_dbm_get(session->db->dbm, key.at, (int32_t)key.len, &size);
    *value = (struct hf_span){ session->value, (size_t)size };
    return session->value != NULL;
}

static uint64_t
tkrzw_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit, void *context)
{
    struct session *session = at;
    uint64_t count = 0;

    if (from.len == 0)
        must(tkrzw_dbm_iter_first(session->iter), "first");
    else
        must(tkrzw_dbm_iter_jump(session->iter, from.at, (int32_t)from.len), "jump");
    for (; count < limit; count++) {
        char *key, *value;
        int32_t key_size, value_size;
        if (!tkrzw_dbm_iter_step(session->iter, &key, &key_size, &value, &value_size))
            break;
        visit(context, (struct hf_span){ key, (size_t)key_size },
              (struct hf_span){ value, (size_t)value_size });
        free(key);
        free(value);
    }
    return count;
}

static const char *
tkrzw_version(void)
{
    return TKRZW_PACKAGE_VERSION;
}

const struct bench_peer bench_peer_tkrzw = {
    .name = "tkrzw",
    .settings = { "TreeDBM on a tmpfs", "TreeDBM, synchronize(soft) a commit",
                  "TreeDBM, synchronize(hard) a commit" },
    .version = tkrzw_version,
    .open = tkrzw_open,
    .close = tkrzw_close,
    .settle = tkrzw_settle,
    .session_open = tkrzw_session_open,
    .session_close = tkrzw_session_close,
    .put = tkrzw_put,
    .get = tkrzw_get,
    .scan = tkrzw_scan,
};
