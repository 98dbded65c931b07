/*
 * time_text_test.c - moments are read as RFC 3339 means them, and nothing else is one.
 *
 * Method: known moments; every day from 1970 to 2400, which must follow the one before by one
 * day; of one good text every character replaced by every other one, each cut and what follows
 * it. Catches a leap year that is none, a zone with the wrong sign, a fraction of the wrong
 * size.
 */
#include "cli/time_text.h"

#include "base/tap.h"

#include <string.h>

#define DAY_US UINT64_C(86400000000)

static bool
is(const char *text, uint64_t expected)
{
    uint64_t time_us;

    return hf_time_parse(&time_us, text) && time_us == expected;
}

static bool
is_none(const char *text)
{
    uint64_t time_us;

    return !hf_time_parse(&time_us, text);
}

static void
test_known(void)
{
    TAP_OK(is("1970-01-01T00:00:00Z", 0), "the count begins in 1970");
    TAP_OK(is("2001-09-09T01:46:40Z", UINT64_C(1000000000000000)), "a billion seconds later");
    TAP_OK(is("2001-09-09T03:46:40.5+02:00", UINT64_C(1000000000500000)) &&
               is("2001-09-08t20:16:40.500000999-05:30", UINT64_C(1000000000500000)),
           "zones, fractions, a small t; beyond microseconds it is cut");
    TAP_OK(is("1969-12-31T23:00:00-01:00", 0) && is("1970-01-01T00:59:59.25+00:59", 59250000),
           "what counts is the moment, not the text");
    TAP_OK(is("1990-12-31T23:59:60Z", UINT64_C(662688000000000)),
           "a leap second is the second after it");
    TAP_OK(is("9999-12-31T23:59:59.999999Z", UINT64_C(253402300799999999)), "the last one");
}

static int
days_in(int year, int month)
{
    if (month == 2)
        return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static void
test_each_day(void)
{
    char text[64];
    uint64_t expected = 0;
    bool held = true;

    for (int year = 1970; held && year <= 2400; year++) {
        for (int month = 1; held && month <= 12; month++) {
            for (int day = 1; held && day <= days_in(year, month); day++) {
                snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                held = is(text, expected);
                expected += DAY_US;
            }
            snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month,
                     days_in(year, month) + 1);
            held = held && is_none(text);
        }
    }
    TAP_OK(held, "each day from 1970 to 2400 follows the one before, and no other is one");
}

static void
test_others(void)
{
    static const char good[] = "2025-03-01T09:30:00.25+01:00";
    char text[64];
    bool held = true;
    unsigned taken = 0;

    for (size_t i = 0; i < sizeof good - 1; i++) {
        snprintf(text, sizeof text, "%.*s", (int)i, good);
        held = held && is_none(text);
        for (int c = 1; c < 256; c++) {
            strcpy(text, good);
            text[i] = (char)c;
            uint64_t time_us;
            taken += hf_time_parse(&time_us, text);
        }
    }
    TAP_OK(held && is(good, UINT64_C(1740817800250000)), "a text that is cut is none");
    /* Digits that stay in range: 38 for the year, then 1 + 9, 4 + 9, 2 + 10, 6 + 10, 7 + 10,
     * 10 + 10 of the fraction, 3 + 10 and 6 + 10 of the zone; T or t, + or -, 6 others. */
    TAP_OK(taken == 38 + 10 + 13 + 12 + 16 + 17 + 20 + 13 + 16 + 4 + 6,
           "no other character passes where another one belongs");
    TAP_OK(is_none("2025-03-01T09:30:00.25+01:00 ") && is_none("2025-03-01T09:30:00.Z") &&
               is_none("2025-03-01") && is_none("") && is_none("@1") &&
               is_none("1969-12-31T23:59:59Z"),
           "nor does anything beside it, or before 1970");
}

int
main(void)
{
    test_known();
    test_each_day();
    test_others();
    return tap_done();
}
