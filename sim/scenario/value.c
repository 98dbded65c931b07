/*
 * value.c - reads typed values; every input gives a value or a reason, nothing is guessed.
 */
#include "sim/scenario/value.h"

#include <string.h>

#define TEXT_MAX 64u

static const struct {
    enum sim_unit unit;
    const char *name;
    uint64_t factor;
} units[] = {
    { SIM_COUNT, "", 1 },
    { SIM_SIZE, "", 1 },
    { SIM_SIZE, "KiB", 1u << 10 },
    { SIM_SIZE, "MiB", 1u << 20 },
    { SIM_SIZE, "GiB", 1u << 30 },
    { SIM_DURATION, "us", 1 },
    { SIM_DURATION, "ms", 1000 },
    { SIM_DURATION, "s", 1000000 },
    { SIM_DURATION, "m", 60000000 },
    { SIM_DURATION, "h", UINT64_C(3600000000) },
};

static const char *
unit_missing(enum sim_unit unit)
{
    switch (unit) {
    case SIM_COUNT:
        return "a plain number is wanted";
    case SIM_SIZE:
        return "a size is wanted: bytes, or with KiB, MiB or GiB";
    case SIM_DURATION:
        return "a time is wanted, with us, ms, s, m or h";
    }
    return "";
}

static bool
scale(uint64_t *number, enum sim_unit unit, const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].unit != unit || strcmp(units[i].name, name) != 0)
            continue;
        if (*number > UINT64_MAX / units[i].factor)
            return false;
        *number *= units[i].factor;
        return true;
    }
    return false;
}

const char *
sim_number_parse(uint64_t *number, enum sim_unit unit, const char *text)
{
    const char *at = text;
    uint64_t value = 0;

    if (strcmp(text, "all") == 0) {
        *number = UINT64_MAX;
        return NULL;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return "the number is too large";
        value = value * 10 + digit;
    }
    if (at == text || !scale(&value, unit, at))
        return unit_missing(unit);
    *number = value;
    return NULL;
}

/* Copies what stands before `mark` (of `mark_len` bytes) and returns what stands behind. */
static const char *
split(char head[TEXT_MAX], const char *text, const char *mark)
{
    const char *found = strstr(text, mark);
    size_t len = found == NULL ? strlen(text) : (size_t)(found - text);

    len = len < TEXT_MAX ? len : TEXT_MAX - 1;
    memcpy(head, text, len);
    head[len] = 0;
    return found == NULL ? NULL : found + strlen(mark);
}

const char *
sim_range_parse(struct sim_range *range, enum sim_unit unit, const char *text)
{
    char head[TEXT_MAX];
    const char *rest = split(head, text, "..");
    const char *wrong = sim_number_parse(&range->lo, unit, head);

    range->hi = range->lo;
    if (wrong == NULL && rest != NULL)
        wrong = sim_number_parse(&range->hi, unit, rest);
    if (wrong == NULL && range->hi < range->lo)
        wrong = "the range ends before it begins";
    return wrong;
}

const char *
sim_ratio_parse(uint64_t *of, uint64_t *whole, const char *text)
{
    char head[TEXT_MAX];
    const char *rest = split(head, text, "/");

    if (rest == NULL)
        return "a ratio is wanted, like 1/8";
    const char *wrong = sim_number_parse(of, SIM_COUNT, head);
    if (wrong == NULL)
        wrong = sim_number_parse(whole, SIM_COUNT, rest);
    if (wrong == NULL && (*whole == 0 || *of > *whole || *whole > UINT32_MAX))
        wrong = "a ratio is between 0/1 and 1/1";
    return wrong;
}

const char *
sim_choice_parse(struct sim_choice *choice, enum sim_unit unit, const char *text)
{
    char head[TEXT_MAX];

    choice->count = 0;
    while (text != NULL) {
        if (choice->count == SIM_CHOICES_MAX)
            return "more than 16 choices";
        text = split(head, text, "|");
        const char *wrong = sim_range_parse(&choice->of[choice->count++], unit, head);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

const char *
sim_words_parse(struct sim_choice *choice, sim_word_fn *words, const char *text,
                char wrong[SIM_HINT_SIZE])
{
    char head[TEXT_MAX];

    choice->count = 0;
    while (text != NULL) {
        if (choice->count == SIM_CHOICES_MAX)
            return "more than 16 choices";
        text = split(head, text, "|");
        int index = sim_word_find(words, head);
        if (index < 0) {
            sim_hint_of(wrong, words, head);
            return "no such word here";
        }
        choice->of[choice->count++] = (struct sim_range){ (uint64_t)index, (uint64_t)index };
    }
    return NULL;
}
