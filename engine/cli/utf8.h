/*
 * utf8.h - well-formed UTF-8: shortest forms, no surrogates, up to U+10FFFF.
 */
#ifndef HF_CLI_UTF8_H
#define HF_CLI_UTF8_H

#include "holdfast.h"

#include <stdint.h>

/* Room for the bytes of any one character. */
#define HF_UTF8_SIZE_MAX 4u

/* Whether all of `bytes` is well-formed. */
bool hf_is_utf8(struct hf_span bytes);
/* The size of the character that `bytes` begin with; 0: none that is well-formed. */
size_t hf_utf8_size(struct hf_span bytes);
/* Writes the character and returns its bytes. `code` is at most U+10FFFF, and no surrogate. */
size_t hf_utf8_write(char to[HF_UTF8_SIZE_MAX], uint32_t code);

#endif
