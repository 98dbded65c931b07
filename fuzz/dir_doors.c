/*
 * dir_doors.c - a database that is open, read through every door.
 *
 *   forwards, and of each item: get, view_get, get_many
 *   backwards           the same items
 *   as of an older version    none newer than that
 *   verify              no finding only if no read was refused
 *   dump                see dir_fuzz.c: it needs no handle
 *
 * Bytes that are damaged may be refused anywhere; they may not be read in two ways.
 */
#include "fuzz/dir_doors.h"

#include "base/crc32c.h"
#include "fuzz/take.h"

struct reading {
    struct hf_db *db;
    struct hf_view *view;
    struct fuzz_doors doors;
    fuzz_item_fn *visit;
    void *context;
};

bool
fuzz_doors_is_clear(enum hf_err err, const struct hf_error *error)
{
    if (error != NULL)
        fuzz_doors_line(NULL, error->text);
    return err == HF_ERR_CORRUPT || err == HF_ERR_MISSING_FILE || err == HF_ERR_VERSION ||
           err == HF_ERR_NOT_FOUND;
}

void
fuzz_doors_line(void *context, const char *line)
{
    uint64_t *lines = context;

    HF_ASSERT(line[0] != 0);
    for (; *line != 0; line++)
        HF_ASSERT((unsigned char)*line >= 0x20 && *line != 0x7f);
    if (lines != NULL)
        ++*lines;
}

/* A read was refused: for damage, or not at all. */
static void
refuse(struct reading *reading, enum hf_err err)
{
    HF_ASSERT(err == HF_ERR_CORRUPT || err == HF_ERR_MISSING_FILE || err == HF_ERR_VERSION);
    reading->doors.is_refused = true;
}

/* ---- an item, by every way to one key ---------------------------------------------------- */

static void
check_same(const struct hf_item *a, const struct hf_item *b)
{
    HF_ASSERT(a->version == b->version && a->time_us == b->time_us);
    HF_ASSERT(hf_span_equal(a->key, b->key) && hf_span_equal(a->value, b->value));
}

static void
check_get(struct reading *reading, const struct hf_item *item)
{
    static void *buffer; /* kept: a read may be where the machine crashes */
    uint64_t version;
    size_t size;

    free(buffer);
    buffer = fuzz_take(item->value.len);
    enum hf_err err = hf_get(reading->db, item->key, buffer, item->value.len, &size, &version);
    if (err != HF_OK)
        refuse(reading, err);
    else
        HF_ASSERT(version == item->version &&
                  hf_span_equal(hf_span(buffer, size), item->value));
}

static void
check_view_get(struct reading *reading, const struct hf_item *item)
{
    struct hf_item found;
    enum hf_err err = hf_view_get(reading->view, item->key, &found);

    if (err != HF_OK)
        refuse(reading, err);
    else
        check_same(item, &found);
    err = hf_view_get_many(reading->view, &item->key, 1, &found);
    if (err != HF_OK)
        refuse(reading, err);
    else
        check_same(item, &found);
}

/* ---- all of them ------------------------------------------------------------------------- */

static uint64_t
sum_of(const struct hf_item *item)
{
    uint32_t key = hf_crc32c(0, item->key.at, item->key.len);
    uint32_t value = hf_crc32c(key, item->value.at, item->value.len);

    return ((uint64_t)key << 32 | value) * (2 * item->version + 1) + item->time_us;
}

struct seen {
    uint64_t items, sum;
    bool is_whole;
};

/* The items of a view, one way; `is_checked`: each by its key as well. */
static struct seen
scan(struct reading *reading, struct hf_view *view, bool reverse, bool is_checked)
{
    struct hf_range range = { .reverse = reverse };
    struct seen seen = { 0 };
    struct hf_iter *iter;
    struct hf_item item;
    static uint8_t before[HF_KEY_SIZE_MAX];
    size_t before_size = 0;
    enum hf_err err = hf_iter_open(&iter, view, &range);

    while (err == HF_OK && (err = hf_iter_next(iter, &item)) == HF_OK) {
        int order = hf_span_compare(hf_span(before, before_size), item.key);
        HF_ASSERT(item.key.len >= 1 && item.key.len <= HF_KEY_SIZE_MAX);
        HF_ASSERT(seen.items == 0 || (reverse ? order > 0 : order < 0));
        HF_ASSERT(item.version >= 1 && item.version <= hf_view_version(view));
        memcpy(before, item.key.at, item.key.len);
        before_size = item.key.len;
        seen.items++;
        seen.sum += sum_of(&item);
        if (is_checked) {
            check_get(reading, &item);
            check_view_get(reading, &item);
        }
        if (reading->visit != NULL)
            reading->visit(reading->context, &item);
    }
    seen.is_whole = err == HF_ERR_NOT_FOUND;
    if (!seen.is_whole)
        refuse(reading, err);
    hf_iter_close(iter);
    return seen;
}

static void
read_newest(struct reading *reading)
{
    enum hf_err err = hf_view_open(&reading->view, reading->db, HF_LATEST);

    HF_ASSERT(err == HF_OK && hf_view_version(reading->view) == reading->doors.last);
    struct seen forwards = scan(reading, reading->view, false, true);
    struct seen backwards = scan(reading, reading->view, true, false);
    if (forwards.is_whole && backwards.is_whole)
        HF_ASSERT(forwards.items == backwards.items && forwards.sum == backwards.sum);
    reading->doors.items = forwards.items;
    reading->doors.sum = forwards.sum;
    hf_view_close(reading->view);
    reading->view = NULL;
}

static void
read_as_of(struct reading *reading, uint64_t version)
{
    struct hf_view *view;
    enum hf_err err = hf_view_open(&view, reading->db, version);

    HF_ASSERT(err == HF_OK || err == HF_ERR_HISTORY_GONE);
    if (err != HF_OK)
        return;
    HF_ASSERT(hf_view_version(view) == version);
    (void)scan(reading, view, false, false);
    hf_view_close(view);
}

struct fuzz_doors
fuzz_doors_read(struct hf_db *db, fuzz_item_fn *visit, void *context)
{
    struct reading reading = { .db = db, .visit = visit, .context = context };
    uint64_t findings = 0;
    enum hf_err err;

    reading.doors.last = hf_last_version(db);
    read_newest(&reading);
    read_as_of(&reading, reading.doors.last / 2);
    if (reading.doors.last > 0)
        read_as_of(&reading, reading.doors.last - 1);
    err = hf_verify(db, fuzz_doors_line, &findings);
    HF_ASSERT((err == HF_OK && findings == 0) || (err == HF_ERR_CORRUPT && findings > 0));
    reading.doors.is_verified = err == HF_OK;
    HF_ASSERT(!reading.doors.is_refused || !reading.doors.is_verified);
    return reading.doors;
}
