/*
 * read_threads_test.c - point reads beside a writer, held against what it has said.
 *
 * Method: one thread puts and deletes, key by key; what its nth change of a key is, is told by
 * n, and so are the bytes that it puts. It tells before a commit what it is about to do, and
 * after it what it has done. Two threads read meanwhile, in all ways that there are; each
 * answer must be one of the changes between the last one done before the read and the last one
 * begun before its end. Segments and memtables are small: indexes are split, segments dropped,
 * memtables frozen, flushed and merged under the readers. To be run under the thread sanitiser.
 *
 * Catches: an index that shows what is not written yet, memory that is given back under a
 * reader, a catalog that goes with its last reference while a reader looks at it.
 */
#include "store/test_model.h"

#include "vfs/vfs_env.h"

#include <stdatomic.h>
#include <string.h>

#define KEYS 400u
#define CHANGES 12000u
#define READS 3000u /* of each thread, at least */
#define READERS 2u
#define KEY_SIZE 8u
#define VALUE_MAX 60u
#define MANY 40u

enum change { PUT, DELETE, RANGE };

struct scene {
    struct hf_db *db;
    atomic_uint begun[KEYS], done[KEYS]; /* changes of each key */
    atomic_bool is_over;
    atomic_uint wrong, found;
    bool has_ranges;
};

static struct scene scene;

/* ---- what a change is -------------------------------------------------------------------- */

static enum change
change_of(uint32_t n)
{
    if (n == 0 || n % 7 == 3)
        return DELETE;
    return scene.has_ranges && n % 11 == 5 ? RANGE : PUT;
}

static struct hf_span
key_of(char *to, uint32_t key)
{
    return hf_span(to, (size_t)snprintf(to, KEY_SIZE, "k%05u", key));
}

static struct hf_span
value_of(char *to, uint32_t key, uint32_t n)
{
    size_t len = 8 + (key + n) % (VALUE_MAX - 8);

    memset(to, 'a' + (int)((key + n) % 26), len);
    memcpy(to, &n, sizeof n);
    memcpy(to + sizeof n, &key, sizeof key);
    return hf_span(to, len);
}

static bool
commit(uint32_t key, uint32_t n)
{
    char at[KEY_SIZE + 1], value[VALUE_MAX];
    struct hf_span span = key_of(at, key);
    struct hf_span behind = hf_span(at, span.len + 1); /* with the zero of the string */

    switch (change_of(n)) {
    case PUT:
        return hf_put(scene.db, span, value_of(value, key, n), 0, NULL) == HF_OK;
    case DELETE:
        return hf_delete(scene.db, span, 0, NULL) == HF_OK;
    case RANGE:
        break;
    }
    return hf_delete_range(scene.db, span, behind, 0, NULL) == HF_OK;
}

static bool
write_all(void)
{
    uint64_t state = 88172645463325252u;

    for (uint32_t i = 0; i < CHANGES; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t key = (uint32_t)(state >> 33) % (i < CHANGES / 2 ? KEYS : KEYS / 8);
        uint32_t n = atomic_load(&scene.begun[key]) + 1;
        atomic_store(&scene.begun[key], n);
        if (!commit(key, n))
            return false;
        atomic_store(&scene.done[key], n);
    }
    return true;
}

/* ---- whether an answer may be ------------------------------------------------------------ */

/* `value` is what was read, at NULL: nothing; `done` what was done before that. */
static void
judge(uint32_t key, uint32_t done, struct hf_span value)
{
    uint32_t begun = atomic_load(&scene.begun[key]), n;
    char wanted[VALUE_MAX];
    bool may_be = false;

    if (value.at == NULL) {
        for (n = done; n <= begun; n++)
            may_be = may_be || change_of(n) != PUT;
    } else if (value.len >= 8) {
        memcpy(&n, value.at, sizeof n);
        may_be = n >= done && n <= begun && change_of(n) == PUT &&
                 hf_span_equal(value, value_of(wanted, key, n));
        atomic_fetch_add(&scene.found, 1);
    }
    if (!may_be)
        atomic_fetch_add(&scene.wrong, 1);
}

static void
judge_err(enum hf_err err)
{
    if (err != HF_OK && err != HF_ERR_NOT_FOUND)
        atomic_fetch_add(&scene.wrong, 1);
}

/* ---- ways to read ------------------------------------------------------------------------ */

static void
read_copied(uint32_t key)
{
    char at[KEY_SIZE], value[VALUE_MAX];
    uint32_t done = atomic_load(&scene.done[key]);
    size_t size = 0;
    enum hf_err err = hf_get(scene.db, key_of(at, key), value, sizeof value, &size, NULL);

    judge_err(err);
    judge(key, done, err == HF_OK ? hf_span(value, size) : hf_span(NULL, 0));
}

/* Twice, with writes between: a view shows the same both times. */
static void
read_viewed(uint32_t key)
{
    char at[KEY_SIZE];
    uint32_t done = atomic_load(&scene.done[key]);
    struct hf_item first = { .version = 0 }, again = { .version = 0 };
    struct hf_view *view;

    if (hf_view_open(&view, scene.db, HF_LATEST) != HF_OK) {
        judge_err(HF_ERR_NO_MEMORY);
        return;
    }
    enum hf_err err = hf_view_get(view, key_of(at, key), &first);
    judge_err(err);
    judge(key, done, err == HF_OK ? first.value : hf_span(NULL, 0));
    read_copied(key);
    if (hf_view_get(view, key_of(at, key), &again) != err || first.version != again.version ||
        first.time_us != again.time_us || !hf_span_equal(first.value, again.value))
        atomic_fetch_add(&scene.wrong, 1);
    hf_view_close(view);
}

static void
read_many(uint32_t first)
{
    char at[MANY][KEY_SIZE];
    uint32_t done[MANY];
    struct hf_span keys[MANY];
    struct hf_item items[MANY];
    struct hf_view *view;

    for (uint32_t i = 0; i < MANY; i++) {
        keys[i] = key_of(at[i], (first + i) % KEYS);
        done[i] = atomic_load(&scene.done[(first + i) % KEYS]);
    }
    if (hf_view_open(&view, scene.db, HF_LATEST) != HF_OK ||
        hf_view_get_many(view, keys, MANY, items) != HF_OK) {
        judge_err(HF_ERR_NO_MEMORY);
        return;
    }
    for (uint32_t i = 0; i < MANY; i++)
        judge((first + i) % KEYS, done[i],
              items[i].version != 0 ? items[i].value : hf_span(NULL, 0));
    hf_view_close(view);
}

static void
read_all(void *context)
{
    uint64_t state = (uintptr_t)context;

    for (uint32_t i = 0; i < READS || !atomic_load(&scene.is_over); i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t key = (uint32_t)(state >> 33) % KEYS;
        if (i % 64 == 0)
            read_many(key);
        else if (i % 4 == 0)
            read_viewed(key);
        else
            read_copied(key);
    }
}

/* ---- scenes ------------------------------------------------------------------------------ */

static void
test_scene(const char *what, enum hf_mode mode, uint64_t keep_versions, bool has_ranges)
{
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_thread *threads[READERS] = { NULL };
    bool done = true;

    memset(&scene, 0, sizeof scene);
    scene.has_ranges = has_ranges;
    options.mode = mode;
    options.keep_versions = keep_versions;
    options.sector = 512;
    options.segment_size = 16384;
    if (hf_open(&scene.db, mode == HF_MODE_MEMORY ? NULL : test_path(what), &options, NULL) !=
        HF_OK) {
        TAP_OK(false, "%s: a database is opened", what);
        return;
    }
    for (uintptr_t i = 0; i < READERS; i++)
        done = done && hf_thread_start(&threads[i], read_all, (void *)(i + 1), NULL) == HF_OK;
    done = done && write_all();
    atomic_store(&scene.is_over, true);
    for (uint32_t i = 0; i < READERS; i++)
        hf_thread_join(threads[i]);
    TAP_OK(done && atomic_load(&scene.wrong) == 0, "%s: every answer was true at its time",
           what);
    TAP_OK(atomic_load(&scene.found) > 0 && hf_verify(scene.db, test_print, NULL) == HF_OK,
           "%s: there were answers, and the database is sound", what);
    TAP_OK(hf_close(scene.db) == HF_OK, "%s: it is closed", what);
}

int
main(void)
{
    if (!test_begin("read_threads_test"))
        return 1;
    test_scene("memory", HF_MODE_MEMORY, HF_KEEP_ALL, false);
    test_scene("memory-of-now", HF_MODE_MEMORY, 0, false);
    test_scene("memory-of-some", HF_MODE_MEMORY, 50, true);
    test_scene("tables", HF_MODE_BUFFERED, 0, false);
    test_scene("tables-with-ranges", HF_MODE_BUFFERED, HF_KEEP_ALL, true);
    return test_end();
}
