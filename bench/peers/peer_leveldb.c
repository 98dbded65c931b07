/*
 * peer_leveldb.c - LevelDB: a write-ahead log, a skip list, sorted tables in levels.
 *
 * Every commit goes to the kernel before it returns, which is buffered; `sync` makes it strict.
 * It has no memory mode: there it works on a tmpfs. A bloom filter of ten bits a key and a
 * cache that holds all are what its documentation advises for reads; compression is off, since
 * not everybody here has it.
 */
#include "bench/peers/peer.h"

#include <leveldb/c.h>
#include <stdio.h>
#include <stdlib.h>

#define FILTER_BITS 10

struct db {
    leveldb_t *db;
    leveldb_options_t *options;
    leveldb_cache_t *cache;
    leveldb_filterpolicy_t *filter;
    leveldb_readoptions_t *read;
    leveldb_writeoptions_t *write;
};

struct session {
    struct db *db;
    leveldb_writebatch_t *batch;
    leveldb_iterator_t *iter; /* of a reading session */
    char *value;              /* what the last get brought */
};

static void
must(char *error, const char *what)
{
    if (error != NULL)
        bench_peer_die("leveldb", what, error);
}

static void *
level_open(const struct bench_peer_setup *setup)
{
    struct db *db = calloc(1, sizeof *db);
    char *error = NULL;

    if (db == NULL)
        bench_peer_die("leveldb", "open", "no memory");
    db->options = leveldb_options_create();
    db->cache = leveldb_cache_create_lru((size_t)BENCH_PEER_CACHE_SIZE);
    db->filter = leveldb_filterpolicy_create_bloom(FILTER_BITS);
    db->read = leveldb_readoptions_create();
    db->write = leveldb_writeoptions_create();
    leveldb_options_set_create_if_missing(db->options, 1);
    leveldb_options_set_compression(db->options, leveldb_no_compression);
    leveldb_options_set_write_buffer_size(db->options, (size_t)setup->write_buffer_size);
    leveldb_options_set_cache(db->options, db->cache);
    leveldb_options_set_filter_policy(db->options, db->filter);
    leveldb_writeoptions_set_sync(db->write, setup->mode == BENCH_PEER_STRICT);
    db->db = leveldb_open(db->options, setup->path, &error);
    must(error, "open");
    return db;
}

static void
level_close(void *at)
{
    struct db *db = at;

    leveldb_close(db->db);
    leveldb_writeoptions_destroy(db->write);
    leveldb_readoptions_destroy(db->read);
    leveldb_options_destroy(db->options);
    leveldb_filterpolicy_destroy(db->filter);
    leveldb_cache_destroy(db->cache);
    free(db);
}

static void
level_settle(void *at)
{
    struct db *db = at;

    leveldb_compact_range(db->db, NULL, 0, NULL, 0);
}

static void *
level_session_open(void *db, bool reads)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("leveldb", "session", "no memory");
    session->db = db;
    session->batch = leveldb_writebatch_create();
    if (reads)
        session->iter = leveldb_create_iterator(session->db->db, session->db->read);
    return session;
}

static void
level_session_close(void *at)
{
    struct session *session = at;

    if (session->iter != NULL)
        leveldb_iter_destroy(session->iter);
    leveldb_writebatch_destroy(session->batch);
    leveldb_free(session->value);
    free(session);
}

static void
level_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;
    char *error = NULL;

    leveldb_writebatch_clear(session->batch);
    for (size_t i = 0; i < count; i++)
        leveldb_writebatch_put(session->batch, pairs[i].key.at, pairs[i].key.len,
                               pairs[i].value.at, pairs[i].value.len);
    leveldb_write(session->db->db, session->db->write, session->batch, &error);
    must(error, "write");
}

static bool
level_get(void *at, struct hf_span key, struct hf_span *value)
{
    struct session *session = at;
    char *error = NULL;

    leveldb_free(session->value);
    session->value =
        leveldb_get(session->db->db, session->db->read, key.at, key.len, &value->len, &error);
    must(error, "get");
    value->at = session->value;
    return session->value != NULL;
}

static uint64_t
level_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit, void *context)
{
    struct session *session = at;
    leveldb_iterator_t *iter = session->iter;
    char *error = NULL;
    uint64_t count = 0;

    if (from.len == 0)
        leveldb_iter_seek_to_first(iter);
    else
        leveldb_iter_seek(iter, from.at, from.len);
    for (; count < limit && leveldb_iter_valid(iter); count++) {
        struct hf_span key, value;
        key.at = leveldb_iter_key(iter, &key.len);
        value.at = leveldb_iter_value(iter, &value.len);
        visit(context, key, value);
        leveldb_iter_next(iter);
    }
    leveldb_iter_get_error(iter, &error);
    must(error, "iterator");
    return count;
}

static const char *
level_version(void)
{
    static char text[24];

    (void)snprintf(text, sizeof text, "%d.%d", leveldb_major_version(),
                   leveldb_minor_version());
    return text;
}

const struct bench_peer bench_peer_leveldb = {
    .name = "leveldb",
    .settings = { "on a tmpfs, bloom 10, cache over all, no compression",
                  "bloom 10, cache over all, no compression", "the same, sync" },
    .replays = true,
    .version = level_version,
    .open = level_open,
    .close = level_close,
    .settle = level_settle,
    .session_open = level_session_open,
    .session_close = level_session_close,
    .put = level_put,
    .get = level_get,
    .scan = level_scan,
};
