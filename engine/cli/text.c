/*
 * text.c - bytes that grow by doubling.
 */
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_CAPACITY_MIN 64u

bool
hf_text_reserve(struct hf_text *text, size_t more)
{
    if (more <= text->capacity - text->len)
        return true;
    if (more > SIZE_MAX / 2 - text->len)
        return false;

    size_t capacity = text->capacity < TEXT_CAPACITY_MIN ? TEXT_CAPACITY_MIN : text->capacity;
    while (capacity - text->len < more)
        capacity *= 2;
    char *at = realloc(text->at, capacity);
    if (at == NULL)
        return false;
    text->at = at;
    text->capacity = capacity;
    return true;
}

bool
hf_text_append(struct hf_text *text, struct hf_span bytes)
{
    if (bytes.len == 0)
        return true;
    if (!hf_text_reserve(text, bytes.len))
        return false;
    memcpy(text->at + text->len, bytes.at, bytes.len);
    text->len += bytes.len;
    return true;
}

bool
hf_text_append_char(struct hf_text *text, char c)
{
    return hf_text_append(text, (struct hf_span){ &c, 1 });
}

void
hf_text_free(struct hf_text *text)
{
    free(text->at);
    *text = (struct hf_text){ 0 };
}
