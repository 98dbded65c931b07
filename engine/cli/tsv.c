/*
 * tsv.c - one record a line:
 *
 *   KEY TAB VALUE NEWLINE      both fields escaped as in escape.h
 *
 * A tab inside a field is written \t, so a second tab is a mistake and never part of a value.
 */
#include "cli/tsv.h"

#include "cli/escape.h"

#include <string.h>

static enum hf_parsed
field(struct hf_record *record, struct hf_text *to, struct hf_span text, size_t column)
{
    size_t bad_index;

    switch (hf_unescape(to, text, &bad_index)) {
    case HF_UNESCAPE_DONE:
        return HF_PARSED_MORE;
    case HF_UNESCAPE_BAD:
        return hf_record_bad(record,
                             "the backslash at byte %zu begins none of \\t \\n \\r \\\\ \\xHH",
                             column + bad_index);
    case HF_UNESCAPE_NO_MEMORY:
        break;
    }
    return HF_PARSED_NO_MEMORY;
}

enum hf_parsed
hf_tsv_line(struct hf_record *record, struct hf_span line)
{
    hf_record_clear(record);
    const char *tab = line.len == 0 ? NULL : memchr(line.at, '\t', line.len);
    if (tab == NULL)
        return hf_record_bad(record, "there is no tab between a key and a value");

    size_t key_size = (size_t)(tab - (const char *)line.at);
    struct hf_span key = { line.at, key_size };
    struct hf_span value = { tab + 1, line.len - key_size - 1 };
    if (value.len > 0 && memchr(value.at, '\t', value.len) != NULL)
        return hf_record_bad(record, "there is a second tab; inside a field it is written \\t");

    enum hf_parsed parsed = field(record, &record->key, key, 1);
    if (parsed == HF_PARSED_MORE)
        parsed = field(record, &record->value, value, key_size + 2);
    return parsed == HF_PARSED_MORE ? hf_record_check(record) : parsed;
}
