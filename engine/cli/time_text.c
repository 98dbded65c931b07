/*
 * time_text.c - a moment as people write it, to microseconds since 1970.
 *
 *    2025-03-01T09:30:00.25+01:00      RFC 3339, section 5.6; T and Z in either case
 *
 * Days are counted by the proleptic Gregorian calendar; the count begins in March, so that the
 * day that some years have more is the last one of a year.
 */
#include "cli/time_text.h"

#define US UINT64_C(1000000)
#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define FRACTION_DIGITS 6

/* Takes `count` digits off the text; false: there are not so many, or the number is outside. */
static bool
take_digits(const char **text, unsigned count, int min, int max, int *number)
{
    *number = 0;
    for (; count > 0; count--, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *number = *number * 10 + (**text - '0');
    }
    return *number >= min && *number <= max;
}

/* Takes one character off it, `other` being as good. */
static bool
take(const char **text, char wanted, char other)
{
    if (**text != wanted && **text != other)
        return false;
    (*text)++;
    return true;
}

static int
days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && is_leap);
}

/* Since 1970-01-01. */
static int64_t
days_until(int year, int month, int day)
{
    int64_t years = month > 2 ? year : year - 1;
    int months = (month + 9) % 12; /* since March */

    return years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day -
           1 - EPOCH_DAYS;
}

static bool
take_date(const char **text, int64_t *seconds)
{
    int year, month, day;

    if (!take_digits(text, 4, 1969, 9999, &year) || !take(text, '-', '-') ||
        !take_digits(text, 2, 1, 12, &month) || !take(text, '-', '-') ||
        !take_digits(text, 2, 1, days_in(year, month), &day))
        return false;
    *seconds = days_until(year, month, day) * DAY_S;
    return true;
}

static bool
take_time(const char **text, int64_t *seconds)
{
    int hour, minute, second;

    if (!take_digits(text, 2, 0, 23, &hour) || !take(text, ':', ':') ||
        !take_digits(text, 2, 0, 59, &minute) || !take(text, ':', ':') ||
        !take_digits(text, 2, 0, 60, &second))
        return false;
    *seconds += hour * HOUR_S + minute * MINUTE_S + second;
    return true;
}

/* The part of a second behind a point, if there is one. */
static bool
take_fraction(const char **text, uint64_t *fraction_us)
{
    unsigned digits = 0;

    *fraction_us = 0;
    if (!take(text, '.', '.'))
        return true;
    for (; **text >= '0' && **text <= '9'; digits++, (*text)++) {
        if (digits < FRACTION_DIGITS)
            *fraction_us = *fraction_us * 10 + (unsigned)(**text - '0');
    }
    for (unsigned i = digits; i < FRACTION_DIGITS; i++)
        *fraction_us *= 10;
    return digits > 0;
}

static bool
take_zone(const char **text, int64_t *seconds)
{
    int hour, minute, sign = **text == '-' ? 1 : -1;

    if (take(text, 'Z', 'z'))
        return true;
    if (!take(text, '+', '-') || !take_digits(text, 2, 0, 23, &hour) || !take(text, ':', ':') ||
        !take_digits(text, 2, 0, 59, &minute))
        return false;
    *seconds += sign * (hour * HOUR_S + minute * MINUTE_S);
    return true;
}

bool
hf_time_parse(uint64_t *time_us, const char *text)
{
    int64_t seconds;
    uint64_t fraction_us;

    if (!take_date(&text, &seconds) || !take(&text, 'T', 't') || !take_time(&text, &seconds) ||
        !take_fraction(&text, &fraction_us) || !take_zone(&text, &seconds) || *text != 0 ||
        seconds < 0)
        return false;
    *time_us = (uint64_t)seconds * US + fraction_us;
    return true;
}
