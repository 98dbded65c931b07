/*
 * view_shared_test.c - one view, from which several threads read at once.
 *
 * Method: a database gives up its mutex while a file is read. The test is its own pread, and in
 * the middle of one read it makes others from the same view, as another thread would: so many
 * that what the view holds in place outgrows its list, one more each time. No thread is needed
 * and nothing is left to luck. To be run under the address sanitiser.
 *
 * Catches: room for one block of a table that two readers count on.
 */
#include "store/test_model.h"

#include <string.h>
#include <unistd.h>

#define KEYS 40u
#define KEY_SIZE 8u
#define VALUE_SIZE 3000u /* a block each */
#define NESTED_MAX 20u

static struct hf_view *view;
static struct hf_item items[NESTED_MAX + 2];
static uint32_t nested, wrong; /* reads that the next read of a file makes */

static struct hf_span
key_of(char *to, uint32_t key)
{
    return hf_span(to, (size_t)snprintf(to, KEY_SIZE, "k%05u", key));
}

static void
read_key(uint32_t key)
{
    char at[KEY_SIZE];

    wrong += hf_view_get(view, key_of(at, key), &items[key]) != HF_OK;
}

ssize_t
pread(int fd, void *to, size_t size, off_t off)
{
    uint32_t count = nested;

    nested = 0;
    for (uint32_t i = 0; i < count; i++)
        read_key(2 + i);
    return lseek(fd, off, SEEK_SET) < 0 ? -1 : read(fd, to, size);
}

static enum hf_err
open_it(struct hf_db **db)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags |= HF_BACKGROUND_CALLER; /* its own pread is for one thread */
    return hf_open(db, test_path("db"), &options, NULL);
}

static bool
fill(void)
{
    static char value[VALUE_SIZE];
    char at[KEY_SIZE];
    struct hf_db *db;
    bool done = open_it(&db) == HF_OK;

    for (uint32_t i = 0; done && i < KEYS; i++) {
        memset(value, 'a' + (int)(i % 26), sizeof value);
        done = hf_put(db, key_of(at, i), hf_span(value, sizeof value), 0, NULL) == HF_OK;
    }
    return done && hf_flush(db) == HF_OK && hf_close(db) == HF_OK;
}

static bool
is_whole(uint32_t key)
{
    const char *at = items[key].value.at;
    char wanted = (char)('a' + (int)(key % 26));

    return items[key].value.len == VALUE_SIZE && at[0] == wanted &&
           memcmp(at, at + 1, VALUE_SIZE - 1) == 0;
}

/* A read of key 1, in the middle of which there are `count` others. */
static bool
reads_beside(uint32_t count)
{
    char at[KEY_SIZE], value[VALUE_SIZE];
    size_t size;
    struct hf_db *db;

    wrong = 0;
    if (open_it(&db) != HF_OK ||
        hf_get(db, key_of(at, 0), value, sizeof value, &size, NULL) != HF_OK ||
        hf_view_open(&view, db, HF_LATEST) != HF_OK)
        return false;
    nested = count; /* the filter and the root are in the cache by now: it is a block */
    read_key(1);
    wrong += nested != 0;
    for (uint32_t key = 1; key < count + 2; key++)
        wrong += !is_whole(key);
    hf_view_close(view);
    return hf_close(db) == HF_OK && wrong == 0;
}

int
main(void)
{
    uint32_t count = 0;

    if (!test_begin("view_shared_test"))
        return 1;
    TAP_OK(fill(), "a table is made");
    while (count <= NESTED_MAX && reads_beside(count))
        count++;
    TAP_OK(count == NESTED_MAX + 1, "up to %u reads beside one from the same view, by %u",
           NESTED_MAX, (unsigned)count);
    return test_end();
}
