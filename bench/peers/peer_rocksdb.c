/*
 * peer_rocksdb.c - RocksDB: LevelDB's descendant.
 *
 * In memory the log is off and the directory on a tmpfs. Buffered and strict as LevelDB. What
 * its documentation advises as a start: a bloom filter of ten bits a key, the newest table
 * format, a cache that holds all; compression is off, since not everybody here has it. Gets are
 * pinned, which saves it a copy.
 */
#define _GNU_SOURCE /* dladdr */

#include "bench/peers/peer.h"

#include <dlfcn.h>
#include <rocksdb/c.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_BITS 10
#define TABLE_FORMAT 5

struct db {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_cache_t *cache;
    rocksdb_block_based_table_options_t *table;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
};

struct session {
    struct db *db;
    rocksdb_writebatch_t *batch;
    rocksdb_iterator_t *iter;       /* of a reading session */
    rocksdb_pinnableslice_t *value; /* what the last get brought */
};

static void
must(char *error, const char *what)
{
    if (error != NULL)
        bench_peer_die("rocksdb", what, error);
}

static void
rocks_options(struct db *db, const struct bench_peer_setup *setup)
{
    db->options = rocksdb_options_create();
    db->cache = rocksdb_cache_create_lru((size_t)BENCH_PEER_CACHE_SIZE);
    db->table = rocksdb_block_based_options_create();
    db->read = rocksdb_readoptions_create();
    db->write = rocksdb_writeoptions_create();
    rocksdb_block_based_options_set_block_cache(db->table, db->cache);
    rocksdb_block_based_options_set_filter_policy(
        db->table, rocksdb_filterpolicy_create_bloom_full(FILTER_BITS));
    rocksdb_block_based_options_set_format_version(db->table, TABLE_FORMAT);
    rocksdb_options_set_block_based_table_factory(db->options, db->table);
    rocksdb_options_set_create_if_missing(db->options, 1);
    rocksdb_options_set_compression(db->options, rocksdb_no_compression);
    rocksdb_options_set_write_buffer_size(db->options, (size_t)setup->write_buffer_size);
    rocksdb_writeoptions_set_sync(db->write, setup->mode == BENCH_PEER_STRICT);
    rocksdb_writeoptions_disable_WAL(db->write, setup->mode == BENCH_PEER_MEMORY);
}

static void *
rocks_open(const struct bench_peer_setup *setup)
{
    struct db *db = calloc(1, sizeof *db);
    char *error = NULL;

    if (db == NULL)
        bench_peer_die("rocksdb", "open", "no memory");
    rocks_options(db, setup);
    db->db = rocksdb_open(db->options, setup->path, &error);
    must(error, "open");
    return db;
}

static void
rocks_close(void *at)
{
    struct db *db = at;

    rocksdb_close(db->db);
    rocksdb_writeoptions_destroy(db->write);
    rocksdb_readoptions_destroy(db->read);
    rocksdb_options_destroy(db->options);
    rocksdb_block_based_options_destroy(db->table);
    rocksdb_cache_destroy(db->cache);
    free(db);
}

static void
rocks_settle(void *at)
{
    struct db *db = at;

    rocksdb_compact_range(db->db, NULL, 0, NULL, 0);
}

static void *
rocks_session_open(void *db, bool reads)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("rocksdb", "session", "no memory");
    session->db = db;
    session->batch = rocksdb_writebatch_create();
    if (reads)
        session->iter = rocksdb_create_iterator(session->db->db, session->db->read);
    return session;
}

static void
rocks_session_close(void *at)
{
    struct session *session = at;

    if (session->iter != NULL)
        rocksdb_iter_destroy(session->iter);
    if (session->value != NULL)
        rocksdb_pinnableslice_destroy(session->value);
    rocksdb_writebatch_destroy(session->batch);
    free(session);
}

static void
rocks_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;
    char *error = NULL;

    rocksdb_writebatch_clear(session->batch);
    for (size_t i = 0; i < count; i++)
        rocksdb_writebatch_put(session->batch, pairs[i].key.at, pairs[i].key.len,
                               pairs[i].value.at, pairs[i].value.len);
    rocksdb_write(session->db->db, session->db->write, session->batch, &error);
    must(error, "write");
}

static bool
rocks_get(void *at, struct hf_span key, struct hf_span *value)
{
    struct session *session = at;
    char *error = NULL;

    if (session->value != NULL)
        rocksdb_pinnableslice_destroy(session->value);
    session->value =
        rocksdb_get_pinned(session->db->db, session->db->read, key.at, key.len, &error);
    must(error, "get");
    if (session->value == NULL)
        return false;
    value->at = rocksdb_pinnableslice_value(session->value, &value->len);
    return true;
}

static uint64_t
rocks_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit, void *context)
{
    struct session *session = at;
    rocksdb_iterator_t *iter = session->iter;
    char *error = NULL;
    uint64_t count = 0;

    if (from.len == 0)
        rocksdb_iter_seek_to_first(iter);
    else
        rocksdb_iter_seek(iter, from.at, from.len);
    for (; count < limit && rocksdb_iter_valid(iter); count++) {
        struct hf_span key, value;
        key.at = rocksdb_iter_key(iter, &key.len);
        value.at = rocksdb_iter_value(iter, &value.len);
        visit(context, key, value);
        rocksdb_iter_next(iter);
    }
    rocksdb_iter_get_error(iter, &error);
    must(error, "iterator");
    return count;
}

/* Its C interface has no version, but its library's file has: librocksdb.so.7.8.3. */
static const char *
rocks_version(void)
{
    static char text[64];
    union {
        rocksdb_t *(*function)(const rocksdb_options_t *, const char *, char **);
        void *address;
    } library = { rocksdb_open };
    Dl_info info;

    if (dladdr(library.address, &info) == 0)
        return "unknown";
    char *path = realpath(info.dli_fname, NULL);
    char *number = path == NULL ? NULL : strstr(path, ".so.");
    (void)strncpy(text, number == NULL ? "unknown" : number + strlen(".so."), sizeof text - 1);
    free(path);
    return text;
}

const struct bench_peer bench_peer_rocksdb = {
    .name = "rocksdb",
    .settings = { "on a tmpfs, no log, bloom 10, cache over all, no compression",
                  "bloom 10, cache over all, no compression", "the same, sync" },
    .replays = true,
    .version = rocks_version,
    .open = rocks_open,
    .close = rocks_close,
    .settle = rocks_settle,
    .session_open = rocks_session_open,
    .session_close = rocks_session_close,
    .put = rocks_put,
    .get = rocks_get,
    .scan = rocks_scan,
};
