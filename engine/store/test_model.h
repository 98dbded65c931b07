/*
 * test_model.h - a database beside a model of all it ever held, for tests of what is made of
 * it: snapshots, restored and salvaged databases.
 *
 * A row is what a commit did to a key; the model keeps every row. Values are made of version
 * and key, so a wrong one shows. Only test programs include this, and one file of each.
 */
#ifndef HF_STORE_TEST_MODEL_H
#define HF_STORE_TEST_MODEL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mkdtemp */
#endif
#include "base/span.h"
#include "base/tap.h"
#include "holdfast.h"

#include <inttypes.h>
#include <stdlib.h>

#define TEST_KEYS 60u
#define TEST_COMMITS 20000u
#define TEST_VALUE_MAX 700u

struct test_past {
    uint32_t key;
    uint32_t len;
    uint64_t version;
    bool is_delete;
};

static struct test_past test_pasts[TEST_COMMITS];
static uint32_t test_past_count;
static uint64_t test_state = 1;          /* of the random numbers */
static uint64_t test_keep = HF_KEEP_ALL; /* keep_versions of what is opened */
static char test_root[200];

static inline uint64_t
test_below(uint64_t bound)
{
    test_state ^= test_state << 13;
    test_state ^= test_state >> 7;
    test_state ^= test_state << 17;
    return test_state % bound;
}

/* A folder of the test's own, gone when it ends. */
static inline bool
test_begin(const char *name)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(test_root, sizeof test_root, "%s/%s.XXXXXX", tmp != NULL ? tmp : "/tmp", name);
    return mkdtemp(test_root) != NULL;
}

static inline bool test_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs a command in that folder. */
static inline bool
test_shell(const char *format, ...)
{
    char command[1000];
    int len = snprintf(command, sizeof command, "cd '%s' && ", test_root);
    va_list args;

    va_start(args, format);
    vsnprintf(command + len, sizeof command - (size_t)len, format, args);
    va_end(args);
    return system(command) == 0;
}

static inline int
test_end(void)
{
    if (!test_shell("rm -rf '%s'", test_root))
        printf("# could not remove %s\n", test_root);
    return tap_done();
}

/* "ROOT/name", in one of a few buffers: to be used at once. */
static inline const char *
test_path(const char *name)
{
    static char paths[8][300];
    static int turn;
    char *path = paths[turn++ % 8];

    snprintf(path, 300, "%s/%s", test_root, name);
    return path;
}

static inline struct hf_options
test_options(void)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags = HF_CREATE | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    options.sector = 512;
    options.segment_size = 8192;
    options.keep_versions = test_keep;
    return options;
}

static inline struct hf_db *
test_open(const char *path, unsigned flags)
{
    struct hf_options options = test_options();
    struct hf_error error;
    struct hf_db *db;

    options.flags = flags | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    if (hf_open(&db, path, &options, &error) != HF_OK)
        printf("# open: %s\n", error.text);
    return db;
}

static inline struct hf_span
test_key(uint32_t key)
{
    static char text[4][100];
    static int turn;
    char *at = text[turn++ % 4];
    int len = snprintf(at, 100, "%s%02u%.*s", key % 3 == 0 ? "a-long-prefix-" : "b", key,
                       (int)(key % 40), "........................................");

    return hf_span(at, (size_t)len);
}

static inline struct hf_span
test_value(const struct test_past *past)
{
    static uint8_t value[TEST_VALUE_MAX];

    for (uint32_t i = 0; i < past->len; i++)
        value[i] = (uint8_t)(past->version * 31 + past->key * 7 + i);
    return hf_span(value, past->len);
}

/* The newest row of a key up to a version; NULL: there is none, or it is a delete. */
static inline const struct test_past *
test_newest(uint32_t key, uint64_t version)
{
    for (uint32_t i = test_past_count; i > 0; i--) {
        const struct test_past *past = &test_pasts[i - 1];
        if (past->key == key && past->version <= version)
            return past->is_delete ? NULL : past;
    }
    return NULL;
}

/* Commits one row, and remembers it. */
static inline bool
test_commit(struct hf_db *db, uint32_t key, bool is_delete)
{
    struct test_past *past = &test_pasts[test_past_count];
    uint64_t version = 0;
    enum hf_err err;

    *past = (struct test_past){ key, is_delete ? 0 : (uint32_t)test_below(TEST_VALUE_MAX),
                                hf_last_version(db) + 1, is_delete };
    err = is_delete ? hf_delete(db, test_key(key), 0, &version)
                    : hf_put(db, test_key(key), test_value(past), 0, &version);
    if (err != HF_OK || version != past->version)
        return false;
    test_past_count++;
    return true;
}

/* Deletes the keys from one up to another, as one commit. */
static inline bool
test_commit_range(struct hf_db *db, uint32_t one, uint32_t other)
{
    bool is_in_order = hf_span_compare(test_key(one), test_key(other)) < 0;
    uint32_t from = is_in_order ? one : other, to = is_in_order ? other : one;
    uint64_t version = hf_last_version(db) + 1, made = 0;

    for (uint32_t key = 0; key < TEST_KEYS; key++) {
        if (hf_span_compare(test_key(key), test_key(from)) >= 0 &&
            hf_span_compare(test_key(key), test_key(to)) < 0)
            test_pasts[test_past_count++] = (struct test_past){ key, 0, version, true };
    }
    return hf_delete_range(db, test_key(from), test_key(to), 0, &made) == HF_OK &&
           made == version;
}

/* Most commits put, some delete a key, and a few a range. */
static inline bool
test_commit_some(struct hf_db *db, uint32_t count)
{
    bool ok = true;

    for (; ok && count > 0; count--) {
        uint32_t key = (uint32_t)test_below(TEST_KEYS);
        uint64_t what = test_below(40);
        if (what == 0)
            ok =
                test_commit_range(db, key, (key + 1 + 3 * (uint32_t)test_below(5)) % TEST_KEYS);
        else
            ok = test_commit(db, key, what <= 10);
    }
    return ok;
}

/* Whether one key reads as the model says. */
static inline bool
test_key_is(struct hf_db *db, uint32_t key, uint64_t version)
{
    const struct test_past *past = test_newest(key, version);
    uint8_t buffer[TEST_VALUE_MAX];
    uint64_t found = 0;
    size_t size = 0;
    enum hf_err err = hf_get(db, test_key(key), buffer, sizeof buffer, &size, &found);

    if (past == NULL)
        return err == HF_ERR_NOT_FOUND;
    return err == HF_OK && found == past->version &&
           hf_span_equal(hf_span(buffer, size), test_value(past));
}

static inline void
test_print(void *context, const char *line)
{
    (void)context;
    printf("# %s\n", line);
}

/* Whether a database is, key by key, the model as of its last version, and sound. */
static inline bool
test_is_model(struct hf_db *db, uint64_t version)
{
    if (db == NULL || hf_last_version(db) != version)
        return false;
    for (uint32_t key = 0; key < TEST_KEYS; key++) {
        if (!test_key_is(db, key, version)) {
            printf("# key %u as of %" PRIu64 " is wrong\n", key, version);
            return false;
        }
    }
    return hf_verify(db, test_print, NULL) == HF_OK;
}

/* The same of the database in a directory. */
static inline bool
test_dir_is_model(const char *path, uint64_t version)
{
    struct hf_db *db = test_open(path, HF_READ_ONLY);
    bool ok = test_is_model(db, version);

    return hf_close(db) == HF_OK && ok;
}

/* ---- streams ----------------------------------------------------------------------------- */

/* Bytes in memory, written and read piece by piece. */
struct test_stream {
    uint8_t *at;
    size_t size, capacity, off;
};

static inline enum hf_err
test_stream_write(void *context, struct hf_span bytes)
{
    struct test_stream *stream = context;

    if (stream->size + bytes.len > stream->capacity) {
        stream->capacity = 2 * (stream->size + bytes.len);
        stream->at = realloc(stream->at, stream->capacity);
    }
    memcpy(stream->at + stream->size, bytes.at, bytes.len);
    stream->size += bytes.len;
    return HF_OK;
}

/* In pieces of odd sizes, as a pipe gives them. */
static inline enum hf_err
test_stream_read(void *context, void *to, size_t capacity, size_t *got)
{
    struct test_stream *stream = context;
    size_t left = stream->size - stream->off, most = 1 + stream->off % 997;

    *got = left < capacity ? left : capacity;
    if (*got > most)
        *got = most;
    memcpy(to, stream->at + stream->off, *got);
    stream->off += *got;
    return HF_OK;
}

static inline struct hf_snapshot_input
test_stream_input(struct test_stream *stream)
{
    stream->off = 0;
    return (struct hf_snapshot_input){ NULL, test_stream_read, stream };
}

#endif
