/*
 * value_test.c - the typed values: tables of what is read and of what is refused.
 */
#include "sim/scenario/value.h"

#include "base/tap.h"

#include <string.h>

static const struct {
    enum sim_unit unit;
    const char *text;
    uint64_t number;
} good[] = {
    { SIM_COUNT, "0", 0 },
    { SIM_COUNT, "18446744073709551615", UINT64_MAX },
    { SIM_COUNT, "all", UINT64_MAX },
    { SIM_SIZE, "512", 512 },
    { SIM_SIZE, "64KiB", 65536 },
    { SIM_SIZE, "3MiB", 3u << 20 },
    { SIM_SIZE, "2GiB", UINT64_C(2) << 30 },
    { SIM_DURATION, "7us", 7 },
    { SIM_DURATION, "30ms", 30000 },
    { SIM_DURATION, "2s", 2000000 },
    { SIM_DURATION, "10m", 600000000 },
    { SIM_DURATION, "8h", UINT64_C(28800000000) },
};

static const struct {
    enum sim_unit unit;
    const char *text;
} bad[] = {
    { SIM_COUNT, "" },
    { SIM_COUNT, "-1" },
    { SIM_COUNT, "1.5" },
    { SIM_COUNT, "64KiB" },
    { SIM_COUNT, "18446744073709551616" },
    { SIM_COUNT, "17 " },
    { SIM_SIZE, "KiB" },
    { SIM_SIZE, "64kb" },
    { SIM_SIZE, "64KiBs" },
    { SIM_SIZE, "18446744073709551615KiB" },
    { SIM_DURATION, "30" },
    { SIM_DURATION, "30 ms" },
};

static void
check_numbers(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t number = 1234567;
        TAP_OK(sim_number_parse(&number, good[i].unit, good[i].text) == NULL &&
                   number == good[i].number,
               "'%s' is read exactly", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t number;
        TAP_OK(sim_number_parse(&number, bad[i].unit, bad[i].text) != NULL, "'%s' is refused",
               bad[i].text);
    }
}

static void
check_ranges(void)
{
    struct sim_range range;

    TAP_OK(sim_range_parse(&range, SIM_SIZE, "4KiB..64KiB") == NULL && range.lo == 4096 &&
               range.hi == 65536,
           "a range has both its ends");
    TAP_OK(sim_range_parse(&range, SIM_COUNT, "7") == NULL && range.lo == 7 && range.hi == 7,
           "a number is a range of one");
    TAP_OK(sim_range_parse(&range, SIM_COUNT, "9..3") != NULL,
           "a range that ends before it begins is refused");
    TAP_OK(sim_range_parse(&range, SIM_COUNT, "3..") != NULL &&
               sim_range_parse(&range, SIM_COUNT, "..3") != NULL &&
               sim_range_parse(&range, SIM_COUNT, "1..2..3") != NULL,
           "a range with an end missing, or one too many, is refused");
}

static void
check_ratios(void)
{
    uint64_t of = 0, whole = 0;

    TAP_OK(sim_ratio_parse(&of, &whole, "3/1000") == NULL && of == 3 && whole == 1000,
           "a ratio keeps both its numbers");
    TAP_OK(sim_ratio_parse(&of, &whole, "3/2") != NULL, "a ratio above 1 is refused");
    TAP_OK(sim_ratio_parse(&of, &whole, "0/0") != NULL, "a ratio of nothing is refused");
    TAP_OK(sim_ratio_parse(&of, &whole, "0.5") != NULL, "a decimal fraction is refused");
}

static const char *
colour(unsigned index)
{
    static const char *const words[] = { "red", "green", "blue", NULL };

    return words[index];
}

static void
check_choices(void)
{
    struct sim_choice choice;
    char hint[SIM_HINT_SIZE] = "";

    TAP_OK(sim_choice_parse(&choice, SIM_COUNT, "1|5..9|all") == NULL && choice.count == 3 &&
               choice.of[1].lo == 5 && choice.of[1].hi == 9 && choice.of[2].lo == UINT64_MAX,
           "choices are numbers and ranges, in their order");
    TAP_OK(sim_choice_parse(&choice, SIM_COUNT, "1||2") != NULL, "an empty choice is refused");
    char many[2 * (SIM_CHOICES_MAX + 1)] = "1";
    for (unsigned i = 1; i < SIM_CHOICES_MAX; i++)
        strcat(many, "|1");
    TAP_OK(sim_choice_parse(&choice, SIM_COUNT, many) == NULL &&
               sim_choice_parse(&choice, SIM_COUNT, strcat(many, "|1")) != NULL,
           "more choices than there is room for are refused");
    TAP_OK(sim_words_parse(&choice, colour, "blue|red", hint) == NULL && choice.count == 2 &&
               choice.of[0].lo == 2 && choice.of[1].lo == 0,
           "words become their indexes");
    TAP_OK(sim_words_parse(&choice, colour, "gren", hint) != NULL &&
               strstr(hint, "mean 'green'") != NULL,
           "a wrong word is refused, and the nearest one named");
    TAP_OK(sim_words_parse(&choice, colour, "umbrella", hint) != NULL &&
               strstr(hint, "known: red, ") != NULL,
           "where nothing is near all are named");
}

int
main(void)
{
    check_numbers();
    check_ranges();
    check_ratios();
    check_choices();
    return tap_done();
}
