/*
 * record.c - a key, a value, and the limits that both must keep.
 */
#include "cli/record.h"

#include <stdarg.h>
#include <stdio.h>

void
hf_record_init(struct hf_record *record)
{
    *record = (struct hf_record){ 0 };
}

void
hf_record_fini(struct hf_record *record)
{
    hf_text_free(&record->key);
    hf_text_free(&record->value);
}

void
hf_record_clear(struct hf_record *record)
{
    record->key.len = 0;
    record->value.len = 0;
}

enum hf_parsed
hf_record_bad(struct hf_record *record, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(record->why, sizeof record->why, format, args);
    va_end(args);
    return HF_PARSED_BAD;
}

enum hf_parsed
hf_record_check(struct hf_record *record)
{
    if (record->key.len == 0)
        return hf_record_bad(record, "the key is empty");
    if (record->key.len > HF_KEY_SIZE_MAX)
        return hf_record_bad(record, "the key has %zu bytes, the limit is %u", record->key.len,
                             HF_KEY_SIZE_MAX);
    if (record->value.len > HF_VALUE_SIZE_MAX)
        return hf_record_bad(record, "the value has %zu bytes, the limit is %u",
                             record->value.len, HF_VALUE_SIZE_MAX);
    return HF_PARSED_RECORD;
}
