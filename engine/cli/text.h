/*
 * text.h - bytes that grow, for lines, keys and values on their way through the tool.
 *
 * A zeroed struct is an empty text. Whoever holds it frees it.
 */
#ifndef HF_CLI_TEXT_H
#define HF_CLI_TEXT_H

#include "holdfast.h"

struct hf_text {
    char *at; /* NULL as long as capacity is 0 */
    size_t len;
    size_t capacity;
};

/* Room for `more` bytes behind len. False: no memory; nothing changed. */
bool hf_text_reserve(struct hf_text *text, size_t more) HF_MUST_CHECK;
/* Copies `bytes` to the end. False: no memory; nothing changed. */
bool hf_text_append(struct hf_text *text, struct hf_span bytes) HF_MUST_CHECK;
bool hf_text_append_char(struct hf_text *text, char c) HF_MUST_CHECK;
/* Frees the bytes and makes it an empty text again. */
void hf_text_free(struct hf_text *text);

static inline struct hf_span
hf_text_span(const struct hf_text *text)
{
    return (struct hf_span){ text->at, text->len };
}

#endif
