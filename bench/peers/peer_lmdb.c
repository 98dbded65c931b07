/*
 * peer_lmdb.c - LMDB: a copy-on-write B+tree in a shared mapping.
 *
 * In memory it is as fast as it gets on a tmpfs with a writable map and no syncs. Buffered is
 * MDB_NOSYNC: a commit hands its pages to the kernel, which is what a killed process needs.
 * Strict is its default. A read transaction is kept over all reads of a session, as its
 * documentation advises.
 */
#include "bench/peers/peer.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>

struct db {
    MDB_env *env;
    MDB_dbi dbi;
};

struct session {
    struct db *db;
    MDB_txn *txn; /* of a reading session */
    MDB_cursor *cursor;
};

static void
must(int status, const char *what)
{
    if (status != 0)
        bench_peer_die("lmdb", what, mdb_strerror(status));
}

static void *
lmdb_open(const struct bench_peer_setup *setup)
{
    static const unsigned flags[] = { MDB_NOSYNC | MDB_WRITEMAP, MDB_NOSYNC, 0 };
    struct db *db = calloc(1, sizeof *db);
    MDB_txn *txn;

    if (db == NULL)
        bench_peer_die("lmdb", "open", "no memory");
    must(mdb_env_create(&db->env), "create");
    must(mdb_env_set_mapsize(db->env, (size_t)8 << 30), "map size");
    /* Reads have no order that reading ahead could follow. */
    must(mdb_env_open(db->env, setup->path, flags[setup->mode] | MDB_NORDAHEAD, 0666), "open");
    must(mdb_txn_begin(db->env, NULL, 0, &txn), "begin");
    must(mdb_dbi_open(txn, NULL, MDB_CREATE, &db->dbi), "tree");
    must(mdb_txn_commit(txn), "commit");
    return db;
}

static void
lmdb_close(void *at)
{
    struct db *db = at;

    mdb_env_close(db->env);
    free(db);
}

static void
lmdb_settle(void *at)
{
    (void)at; /* a commit leaves the tree as it is read */
}

static void *
lmdb_session_open(void *db, bool reads)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("lmdb", "session", "no memory");
    session->db = db;
    if (reads) {
        must(mdb_txn_begin(session->db->env, NULL, MDB_RDONLY, &session->txn), "begin");
        must(mdb_cursor_open(session->txn, session->db->dbi, &session->cursor), "cursor");
    }
    return session;
}

static void
lmdb_session_close(void *at)
{
    struct session *session = at;

    if (session->txn != NULL) {
        mdb_cursor_close(session->cursor);
        mdb_txn_abort(session->txn);
    }
    free(session);
}

static MDB_val
val(struct hf_span span)
{
    MDB_val val = { span.len, (void *)(uintptr_t)span.at };

    return val;
}

static void
lmdb_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;
    MDB_txn *txn;

    must(mdb_txn_begin(session->db->env, NULL, 0, &txn), "begin");
    for (size_t i = 0; i < count; i++) {
        MDB_val key = val(pairs[i].key), value = val(pairs[i].value);
        must(mdb_put(txn, session->db->dbi, &key, &value, 0), "put");
    }
    must(mdb_txn_commit(txn), "commit");
}

static bool
lmdb_get(void *at, struct hf_span span, struct hf_span *value)
{
    struct session *session = at;
    MDB_val key = val(span), found;
    int status = mdb_get(session->txn, session->db->dbi, &key, &found);

    if (status == MDB_NOTFOUND)
        return false;
    must(status, "get");
    *value = (struct hf_span){ found.mv_data, found.mv_size };
    return true;
}

static uint64_t
lmdb_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit, void *context)
{
    struct session *session = at;
    MDB_val key = val(from), value;
    MDB_cursor_op how = from.len == 0 ? MDB_FIRST : MDB_SET_RANGE;
    int status = 0;
    uint64_t count = 0;

    for (; count < limit; count++, how = MDB_NEXT) {
        status = mdb_cursor_get(session->cursor, &key, &value, how);
        if (status != 0)
            break;
        visit(context, (struct hf_span){ key.mv_data, key.mv_size },
              (struct hf_span){ value.mv_data, value.mv_size });
    }
    if (status != MDB_NOTFOUND)
        must(status, "cursor");
    return count;
}

static const char *
lmdb_version(void)
{
    static char text[40];
    int major, minor, patch;

    (void)mdb_version(&major, &minor, &patch);
    (void)snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    return text;
}

const struct bench_peer bench_peer_lmdb = {
    .name = "lmdb",
    .settings = { "tmpfs, MDB_WRITEMAP, MDB_NOSYNC", "MDB_NOSYNC", "its defaults" },
    .version = lmdb_version,
    .open = lmdb_open,
    .close = lmdb_close,
    .settle = lmdb_settle,
    .session_open = lmdb_session_open,
    .session_close = lmdb_session_close,
    .put = lmdb_put,
    .get = lmdb_get,
    .scan = lmdb_scan,
};
