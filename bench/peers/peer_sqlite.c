/*
 * peer_sqlite.c - SQLite: a B-tree with a write-ahead log, used as a map.
 *
 * One table without row numbers, prepared statements, journal_mode WAL. Buffered is synchronous
 * OFF, strict is FULL; both hand every commit to the kernel. In memory it is ":memory:". The
 * page cache and the mapping hold all.
 */
#include "bench/peers/peer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct db {
    sqlite3 *first; /* stays open, so that the last session closes nothing */
    bool in_memory; /* then it is the only one */
    enum bench_peer_mode mode;
    char file[512];
};

struct session {
    sqlite3 *own; /* NULL: the first one's */
    sqlite3 *handle;
    sqlite3_stmt *begin, *commit, *put, *get, *scan;
    bool reads;
};

static void
must(sqlite3 *handle, int status, const char *what)
{
    if (status != SQLITE_OK && status != SQLITE_DONE && status != SQLITE_ROW)
        bench_peer_die("sqlite", what, sqlite3_errmsg(handle));
}

static void
run(sqlite3 *handle, const char *sql)
{
    must(handle, sqlite3_exec(handle, sql, NULL, NULL, NULL), sql);
}

/* A connection, told what this mode means: a setting of each connection, not of the file. */
static sqlite3 *
connection(const struct db *db)
{
    sqlite3 *handle = NULL;
    int status = sqlite3_open(db->file, &handle);

    must(handle, status, "open");
    (void)sqlite3_busy_timeout(handle, 60000);
    run(handle, "PRAGMA cache_size = -1048576; PRAGMA mmap_size = 4294967296;");
    if (!db->in_memory)
        run(handle, "PRAGMA journal_mode = WAL;");
    run(handle, db->mode == BENCH_PEER_STRICT ? "PRAGMA synchronous = FULL;"
                                              : "PRAGMA synchronous = OFF;");
    return handle;
}

static void *
sqlite_open(const struct bench_peer_setup *setup)
{
    struct db *db = calloc(1, sizeof *db);

    if (db == NULL)
        bench_peer_die("sqlite", "open", "no memory");
    db->mode = setup->mode;
    db->in_memory = setup->mode == BENCH_PEER_MEMORY;
    (void)snprintf(db->file, sizeof db->file, "%s", ":memory:");
    if (!db->in_memory)
        (void)snprintf(db->file, sizeof db->file, "%s/peer.sqlite", setup->path);
    db->first = connection(db);
    run(db->first, "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB)"
                   " WITHOUT ROWID;");
    return db;
}

static void
sqlite_close(void *at)
{
    struct db *db = at;

    must(db->first, sqlite3_close(db->first), "close");
    free(db);
}

static void
sqlite_settle(void *at)
{
    struct db *db = at;

    if (!db->in_memory)
        run(db->first, "PRAGMA wal_checkpoint(TRUNCATE);");
}

static sqlite3_stmt *
prepare(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement;

    must(handle,
         sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static void *
sqlite_session_open(void *at, bool reads)
{
    struct db *db = at;
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("sqlite", "session", "no memory");
    session->own = db->in_memory ? NULL : connection(db);
    session->handle = db->in_memory ? db->first : session->own;
    session->begin = prepare(session->handle, "BEGIN IMMEDIATE");
    session->commit = prepare(session->handle, "COMMIT");
    session->put = prepare(session->handle, "INSERT OR REPLACE INTO pairs VALUES (?1, ?2)");
    session->get = prepare(session->handle, "SELECT value FROM pairs WHERE key = ?1");
    session->scan = prepare(session->handle, "SELECT key, value FROM pairs WHERE key >= ?1"
                                             " ORDER BY key");
    session->reads = reads;
    if (reads)
        run(session->handle, "BEGIN");
    return session;
}

static void
sqlite_session_close(void *at)
{
    struct session *session = at;

    (void)sqlite3_finalize(session->begin);
    (void)sqlite3_finalize(session->commit);
    (void)sqlite3_finalize(session->put);
    (void)sqlite3_finalize(session->get);
    (void)sqlite3_finalize(session->scan);
    if (session->reads)
        run(session->handle, "COMMIT");
    if (session->own != NULL)
        must(session->own, sqlite3_close(session->own), "close");
    free(session);
}

static void
step(struct session *session, sqlite3_stmt *statement)
{
    must(session->handle, sqlite3_step(statement), sqlite3_sql(statement));
    (void)sqlite3_reset(statement);
}

static void
bind(sqlite3_stmt *statement, int index, struct hf_span bytes)
{
    (void)sqlite3_bind_blob(statement, index, bytes.len == 0 ? "" : bytes.at, (int)bytes.len,
                            SQLITE_STATIC);
}

static void
sqlite_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;

    if (count > 1)
        step(session, session->begin);
    for (size_t i = 0; i < count; i++) {
        bind(session->put, 1, pairs[i].key);
        bind(session->put, 2, pairs[i].value);
        step(session, session->put);
    }
    if (count > 1)
        step(session, session->commit);
}

static struct hf_span
column(sqlite3_stmt *statement, int index)
{
    const void *at = sqlite3_column_blob(statement, index);

    return (struct hf_span){ at, (size_t)sqlite3_column_bytes(statement, index) };
}

static bool
sqlite_get(void *at, struct hf_span key, struct hf_span *value)
{
    struct session *session = at;

    (void)sqlite3_reset(session->get);
    bind(session->get, 1, key);
    int status = sqlite3_step(session->get);
    must(session->handle, status, "get");
    if (status != SQLITE_ROW)
        return false;
    *value = column(session->get, 0);
    return true;
}

static uint64_t
sqlite_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit, void *context)
{
    struct session *session = at;
    int status = SQLITE_ROW;
    uint64_t count = 0;

    bind(session->scan, 1, from);
    for (; count < limit; count++) {
        status = sqlite3_step(session->scan);
        if (status != SQLITE_ROW)
            break;
        visit(context, column(session->scan, 0), column(session->scan, 1));
    }
    must(session->handle, status, "scan");
    (void)sqlite3_reset(session->scan);
    return count;
}

const struct bench_peer bench_peer_sqlite = {
    .name = "sqlite",
    .settings = { ":memory:, WITHOUT ROWID", "WAL, synchronous OFF, WITHOUT ROWID, mmap",
                  "WAL, synchronous FULL, WITHOUT ROWID, mmap" },
    .version = sqlite3_libversion,
    .open = sqlite_open,
    .close = sqlite_close,
    .settle = sqlite_settle,
    .session_open = sqlite_session_open,
    .session_close = sqlite_session_close,
    .put = sqlite_put,
    .get = sqlite_get,
    .scan = sqlite_scan,
};
