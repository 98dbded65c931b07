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
    size_t size = 0;

    for (; *word != 0; word++)
        name[size++] = *word;
    HF_ASSERT(size + DIGITS + strlen(suffix) < HF_NAME_SIZE_MAX);
    memset(name + size, '0', DIGITS);
    size += DIGITS;
    for (char *digit = name + size; number > 0; number /= 10)
        *--digit = (char)('0' + number % 10);
    for (; *suffix != 0; suffix++)
        name[size++] = *suffix;
    name[size] = 0;
}

uint32_t
hf_file_number(const char *name, const char *word, const char *suffix)
{
    const char *at = name, *end;
    uint64_t number = 0;

    while (*word != 0 && *at == *word)
        at++, word++;
    if (*word != 0)
        return 0;
    for (end = at + DIGITS; at < end; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number <= UINT32_MAX && strcmp(at, suffix) == 0 ? (uint32_t)number : 0;
}
