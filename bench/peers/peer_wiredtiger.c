/*
 * peer_wiredtiger.c - WiredTiger: a B-tree with a log and checkpoints.
 *
 * With its log's default a commit may still be in the process when it returns, and dies with
 * it. Buffered is therefore transaction_sync with method none, which hands each commit to the
 * kernel; strict is method fsync. In memory it has a mode of its own.
 */
#include "bench/peers/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <wiredtiger.h>

struct session {
    WT_SESSION *session;
    WT_CURSOR *cursor;
    bool reads;
};

static void
must(int status, const char *what)
{
    if (status != 0)
        bench_peer_die("wiredtiger", what, wiredtiger_strerror(status));
}

static void *
wired_open(const struct bench_peer_setup *setup)
{
    static const char *const modes[] = {
        "in_memory=true",
        "log=(enabled=true),transaction_sync=(enabled=true,method=none)",
        "log=(enabled=true),transaction_sync=(enabled=true,method=fsync)",
    };
    WT_CONNECTION *db;
    WT_SESSION *session;
    char config[256];

    (void)snprintf(config, sizeof config, "create,cache_size=%llu,%s",
                   (unsigned long long)BENCH_PEER_CACHE_SIZE, modes[setup->mode]);
    must(wiredtiger_open(setup->path, NULL, config, &db), "open");
    must(db->open_session(db, NULL, NULL, &session), "session");
    must(session->create(session, "table:pairs", "key_format=u,value_format=u"), "create");
    must(session->close(session, NULL), "close session");
    return db;
}

static void
wired_close(void *at)
{
    WT_CONNECTION *db = at;

    must(db->close(db, NULL), "close");
}

static void
wired_settle(void *at)
{
    WT_CONNECTION *db = at;
    WT_SESSION *session;

    must(db->open_session(db, NULL, NULL, &session), "session");
    must(session->checkpoint(session, NULL), "checkpoint");
    must(session->close(session, NULL), "close session");
}

static void *
wired_session_open(void *at, bool reads)
{
    WT_CONNECTION *db = at;
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        bench_peer_die("wiredtiger", "session", "no memory");
    session->reads = reads;
    must(db->open_session(db, NULL, NULL, &session->session), "session");
    must(session->session->open_cursor(session->session, "table:pairs", NULL, NULL,
                                       &session->cursor),
         "cursor");
    if (reads)
        must(session->session->begin_transaction(session->session, "isolation=snapshot"),
             "begin");
    return session;
}

static void
wired_session_close(void *at)
{
    struct session *session = at;

    if (session->reads)
        must(session->session->rollback_transaction(session->session, NULL), "rollback");
    must(session->session->close(session->session, NULL), "close session");
    free(session);
}

static void
set_key(WT_CURSOR *cursor, struct hf_span key)
{
    WT_ITEM item = { .data = key.at, .size = key.len };

    cursor->set_key(cursor, &item);
}

static void
wired_put(void *at, const struct bench_pair *pairs, size_t count)
{
    struct session *session = at;
    WT_CURSOR *cursor = session->cursor;

    if (count > 1)
        must(session->session->begin_transaction(session->session, NULL), "begin");
    for (size_t i = 0; i < count; i++) {
        WT_ITEM value = { .data = pairs[i].value.at, .size = pairs[i].value.len };
        set_key(cursor, pairs[i].key);
        cursor->set_value(cursor, &value);
        must(cursor->insert(cursor), "insert");
    }
    if (count > 1)
        must(session->session->commit_transaction(session->session, NULL), "commit");
}

static bool
wired_get(void *at, struct hf_span key, struct hf_span *value)
{
    struct session *session = at;
    WT_CURSOR *cursor = session->cursor;
    WT_ITEM item;

    set_key(cursor, key);
    int status = cursor->search(cursor);
    if (status == WT_NOTFOUND)
        return false;
    must(status, "search");
    must(cursor->get_value(cursor, &item), "value");
    *value = (struct hf_span){ item.data, item.size };
    return true;
}

/* Stands on the first key that is not below `from`; false if there is none. */
static bool
wired_seek(WT_CURSOR *cursor, struct hf_span from)
{
    int side = 0, status;

    if (from.len == 0) {
        must(cursor->reset(cursor), "reset");
        status = cursor->next(cursor);
    } else {
        set_key(cursor, from);
        status = cursor->search_near(cursor, &side);
        if (status == 0 && side < 0)
            status = cursor->next(cursor);
    }
    if (status != WT_NOTFOUND)
        must(status, "seek");
    return status == 0;
}

static uint64_t
wired_scan(void *at, struct hf_span from, uint64_t limit, bench_pair_fn *visit, void *context)
{
    struct session *session = at;
    WT_CURSOR *cursor = session->cursor;
    bool more = wired_seek(cursor, from);
    uint64_t count = 0;

    while (more && count < limit) {
        WT_ITEM key, value;
        must(cursor->get_key(cursor, &key), "key");
        must(cursor->get_value(cursor, &value), "value");
        visit(context, (struct hf_span){ key.data, key.size },
              (struct hf_span){ value.data, value.size });
        count++;
        int status = cursor->next(cursor);
        if (status != WT_NOTFOUND)
            must(status, "next");
        more = status == 0;
    }
    return count;
}

static const char *
wired_version(void)
{
    static char text[40];
    int major, minor, patch;

    (void)wiredtiger_version(&major, &minor, &patch);
    (void)snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    return text;
}

const struct bench_peer bench_peer_wiredtiger = {
    .name = "wiredtiger",
    .settings = { "in_memory", "log, transaction_sync method none",
                  "log, transaction_sync method fsync" },
    .replays = true,
    .version = wired_version,
    .open = wired_open,
    .close = wired_close,
    .settle = wired_settle,
    .session_open = wired_session_open,
    .session_close = wired_session_close,
    .put = wired_put,
    .get = wired_get,
    .scan = wired_scan,
};
