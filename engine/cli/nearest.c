/*
 * nearest.c - the distance of two words (Damerau's, each place changed once at most), by rows.
 *
 * rows[i % 3][j] is the number of changes that turn the first i letters of one word into the
 * first j of the other; a swap looks two rows back.
 */
#include "cli/nearest.h"

#include <string.h>

#define WORD_SIZE_MAX 32 /* longer words have no neighbours here */

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
changes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_SIZE_MAX + 1];

    for (size_t i = 0; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                row[j] = i + j;
                continue;
            }
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void
hf_nearest_offer(const char **best, size_t *best_changes, const char *word,
                 const char *candidate)
{
    size_t word_len = strlen(word);
    size_t candidate_len = strlen(candidate);

    if (word_len > WORD_SIZE_MAX || candidate_len > WORD_SIZE_MAX)
        return;
    size_t distance = changes(word, word_len, candidate, candidate_len);
    size_t longer = word_len > candidate_len ? word_len : candidate_len;
    if (distance * 2 > longer || (*best != NULL && distance >= *best_changes))
        return;
    *best = candidate;
    *best_changes = distance;
}
