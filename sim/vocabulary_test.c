/*
 * vocabulary_test.c - the nearest word: every single mistake in every word of a list is mended.
 */
#include "sim/vocabulary.h"

#include "base/tap.h"

#include <string.h>

static const char *
word(unsigned index)
{
    static const char *const words[] = { "power_cut",  "process_kill", "torn_write",
                                         "sync_error", "sync_slow",    "disk_full",
                                         "read_error", "write_error",  NULL };

    return words[index];
}

/* Whether `wrong` is mended to word number `index`. */
static bool
is_mended(const char *wrong, unsigned index)
{
    const char *best = sim_nearest_of(word, wrong);

    return best != NULL && strcmp(best, word(index)) == 0;
}

static void
check_word(unsigned index)
{
    char wrong[32];
    size_t len = strlen(word(index));
    bool mended = true;

    for (size_t i = 0; i < len; i++) {
        snprintf(wrong, sizeof wrong, "%s", word(index));
        wrong[i] = '#';
        mended = mended && is_mended(wrong, index);
        memmove(wrong + i, wrong + i + 1, len - i);
        mended = mended && is_mended(wrong, index);
        snprintf(wrong, sizeof wrong, "%.*s#%s", (int)i, word(index), word(index) + i);
        mended = mended && is_mended(wrong, index);
    }
    TAP_OK(mended, "%s: a letter wrong, missing or too many is mended", word(index));
}

static const char *
few(unsigned index)
{
    static const char *const words[] = { "rain", "snow", NULL };

    return words[index];
}

static const char *
many(unsigned index)
{
    return index < 60 ? "snow" : NULL;
}

int
main(void)
{
    char hint[SIM_HINT_SIZE], longest[200];

    for (unsigned i = 0; word(i) != NULL; i++)
        check_word(i);
    TAP_OK(sim_word_find(word, "disk_full") == 5 && sim_word_find(word, "disk") == -1,
           "a word is found whole, or not at all");
    TAP_OK(sim_nearest_of(word, "umbrella") == NULL && *sim_hint(hint, NULL) == 0,
           "what is like nothing is mended to nothing");
    TAP_OK(strstr(sim_hint_of(hint, word, "powr_cut"), "did you mean 'power_cut'?") != NULL,
           "a hint names the word that is near");
    TAP_OK(strcmp(sim_hint_of(hint, few, "umbrella"), " (known: rain, snow)") == 0,
           "or else all of them");
    TAP_OK(strstr(sim_hint_of(hint, many, "umbrella"), "describe lists them") != NULL,
           "or, where they are too many, who lists them");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    TAP_OK(sim_nearest_of(word, longest) == NULL, "a word of any length may be asked about");
    return tap_done();
}
