/*
 * load_fuzz.c - any bytes at all as what `holdfast load` reads.
 *
 * The first byte chooses a format, the rest is a file of it, fed line by line, each line in
 * memory of exactly its size. What must hold:
 *   1. a record has a key and a value of sizes that a database takes
 *   2. what one input yields, written as `scan` writes it, is read back as the same records
 *   3. a format that refuses says why, in one line
 *   4. any bytes escaped and unescaped are the same bytes; what is UTF-8 was so before
 */
#include "cli/deb822.h"
#include "cli/escape.h"
#include "cli/mdb_dump.h"
#include "cli/tsv.h"
#include "fuzz/fuzz.h"
#include "fuzz/take.h"

enum format { TSV, MDB_DUMP, DEB822, ESCAPES, FORMAT_COUNT };

struct input {
    enum format format;
    struct hf_deb822 deb822;
    struct hf_mdb_dump mdb_dump;
    struct hf_record record;
};

/* ---- escapes ----------------------------------------------------------------------------- */

static void
escape(struct hf_text *to, struct hf_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char escaped[HF_ESCAPED_BYTE_MAX];
        size_t size = hf_escape_byte(escaped, ((const unsigned char *)bytes.at)[i]);
        HF_ASSERT(size >= 1 && size <= sizeof escaped);
        HF_ASSERT(hf_text_append(to, hf_span(escaped, size)));
    }
}

static void
check_escaped(struct hf_span bytes)
{
    struct hf_text escaped = { 0 }, again = { 0 };
    size_t bad_index;

    escape(&escaped, bytes);
    HF_ASSERT(bytes.len == 0 || memchr(escaped.at, '\n', escaped.len) == NULL);
    HF_ASSERT(bytes.len == 0 || memchr(escaped.at, '\t', escaped.len) == NULL);
    HF_ASSERT(hf_unescape(&again, hf_text_span(&escaped), &bad_index) == HF_UNESCAPE_DONE);
    HF_ASSERT(hf_span_equal(hf_text_span(&again), bytes));
    hf_text_free(&again);
    hf_text_free(&escaped);
}

static void
check_escapes(struct hf_span field)
{
    struct hf_text bytes = { 0 };
    size_t bad_index = field.len;
    enum hf_unescaped outcome = hf_unescape(&bytes, field, &bad_index);

    HF_ASSERT(outcome != HF_UNESCAPE_NO_MEMORY);
    if (outcome == HF_UNESCAPE_BAD)
        HF_ASSERT(bad_index < field.len && ((const char *)field.at)[bad_index] == '\\');
    else
        check_escaped(hf_text_span(&bytes));
    hf_text_free(&bytes);
    check_escaped(field);
}

/* ---- records ----------------------------------------------------------------------------- */

/* The record as a line of `scan`, read again: the same. */
static void
check_record(const struct hf_record *record)
{
    struct hf_record again;
    struct hf_text line = { 0 };

    HF_ASSERT(record->key.len >= 1 && record->key.len <= HF_KEY_SIZE_MAX);
    HF_ASSERT(record->value.len <= HF_VALUE_SIZE_MAX);
    escape(&line, hf_text_span(&record->key));
    HF_ASSERT(hf_text_append_char(&line, '\t'));
    escape(&line, hf_text_span(&record->value));
    hf_record_init(&again);
    HF_ASSERT(hf_tsv_line(&again, hf_text_span(&line)) == HF_PARSED_RECORD);
    HF_ASSERT(hf_span_equal(hf_text_span(&again.key), hf_text_span(&record->key)));
    HF_ASSERT(hf_span_equal(hf_text_span(&again.value), hf_text_span(&record->value)));
    hf_record_fini(&again);
    hf_text_free(&line);
}

/* Judges what a line, or the end, came to. False: the format is not fed any further. */
static bool
judge(const struct hf_record *record, enum hf_parsed parsed)
{
    HF_ASSERT(parsed != HF_PARSED_NO_MEMORY);
    if (parsed == HF_PARSED_RECORD)
        check_record(record);
    if (parsed == HF_PARSED_BAD)
        HF_ASSERT(record->why[0] != 0 && memchr(record->why, 0, sizeof record->why) != NULL &&
                  strchr(record->why, '\n') == NULL);
    return parsed != HF_PARSED_BAD;
}

static bool
feed(struct input *input, struct hf_span bytes)
{
    void *copy = fuzz_copy(bytes);
    struct hf_span line = hf_span(copy, bytes.len);
    enum hf_parsed parsed;

    if (input->format == MDB_DUMP)
        parsed = hf_mdb_dump_line(&input->mdb_dump, &input->record, line);
    else if (input->format == DEB822)
        parsed = hf_deb822_line(&input->deb822, &input->record, line);
    else
        parsed = hf_tsv_line(&input->record, line);
    free(copy);
    return judge(&input->record, parsed);
}

static void
feed_end(struct input *input)
{
    if (input->format == MDB_DUMP)
        (void)judge(&input->record, hf_mdb_dump_end(&input->mdb_dump, &input->record));
    else if (input->format == DEB822)
        (void)judge(&input->record, hf_deb822_end(&input->deb822, &input->record));
}

static void
feed_all(enum format format, const uint8_t *at, size_t size)
{
    struct input input = { .format = format };
    const uint8_t *limit = at + size;
    bool goes_on = true;

    hf_record_init(&input.record);
    hf_deb822_init(&input.deb822);
    hf_mdb_dump_init(&input.mdb_dump);
    while (goes_on && at < limit) {
        const uint8_t *end = memchr(at, '\n', (size_t)(limit - at));
        end = end == NULL ? limit : end;
        goes_on = feed(&input, hf_span(at, (size_t)(end - at)));
        at = end + (end < limit);
    }
    if (goes_on)
        feed_end(&input);
    hf_deb822_fini(&input.deb822);
    hf_record_fini(&input.record);
}

/* ---- the engine's door ------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum format format = (enum format)(data[0] % FORMAT_COUNT);
    if (format == ESCAPES)
        check_escapes(hf_span(data + 1, size - 1));
    else
        feed_all(format, data + 1, size - 1);
    return 0;
}
