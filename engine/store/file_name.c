/*
 * file_name.c - names with numbers in them, and the numbers back.
 */
#include "store/file_name.h"

#include "base/assert.h"

#include <string.h>

#define DIGITS 10

void
hf_file_name(char name[HF_NAME_SIZE_MAX], const char *word, uint32_t number, const char *suffix)
{
    size_t word_size = strlen(word), suffix_size = strlen(suffix) + 1;
    char *digits = name + word_size;

    HF_ASSERT(word_size + DIGITS + suffix_size <= HF_NAME_SIZE_MAX);
    memcpy(name, word, word_size);
    for (size_t i = DIGITS; i > 0; i--, number /= 10)
        digits[i - 1] = (char)('0' + number % 10);
    memcpy(digits + DIGITS, suffix, suffix_size);
}

uint32_t
hf_file_number(const char *name, const char *word, const char *suffix)
{
    size_t skip = strlen(word);
    uint64_t number = 0;

    if (strncmp(name, word, skip) != 0)
        return 0;
    for (const char *at = name + skip; at < name + skip + DIGITS; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number <= UINT32_MAX && strcmp(name + skip + DIGITS, suffix) == 0 ? (uint32_t)number
                                                                             : 0;
}
