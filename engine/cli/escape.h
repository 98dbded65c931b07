/*
 * escape.h - any bytes as one field of a line, and back.
 *
 *   \t \n \r \\   tab, newline, carriage return, backslash
 *   \xHH          the byte of that value, two hexadecimal digits of either case
 *
 * Escaping writes control bytes as \xHH and leaves all others, UTF-8 included, as they are.
 */
#ifndef HF_CLI_ESCAPE_H
#define HF_CLI_ESCAPE_H

#include "cli/text.h"

#define HF_ESCAPED_BYTE_MAX 4u /* the longest that one byte becomes */

/* Writes byte `c`, escaped, to `to`; returns the size, 1..HF_ESCAPED_BYTE_MAX. */
size_t hf_escape_byte(char *to, unsigned char c);

enum hf_unescaped { HF_UNESCAPE_DONE, HF_UNESCAPE_BAD, HF_UNESCAPE_NO_MEMORY };

/* Appends what `field` stands for to `to`. BAD: *bad_index is the place of the backslash. */
enum hf_unescaped hf_unescape(struct hf_text *to, struct hf_span field, size_t *bad_index);

/* The value of a hexadecimal digit, or -1. */
int hf_hex_digit(char c);

#endif
