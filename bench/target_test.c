/*
 * target_test.c - patterns match as told, and a limit lies on the right side of its target.
 *
 * Patterns are compared with a matcher that tries everything, over all short patterns and
 * names of a small alphabet.
 */
#include "base/tap.h"
#include "bench/target.h"

#include <string.h>

#define LEN_MAX 5u

/* What a pattern means, told without regard to time. */
static bool
matches(const char *pattern, const char *name)
{
    if (*pattern == 0)
        return *name == 0;
    if (*pattern == '*')
        return matches(pattern + 1, name) || (*name != 0 && matches(pattern, name + 1));
    return *name != 0 && (*pattern == '?' || *pattern == *name) &&
           matches(pattern + 1, name + 1);
}

/* The text number `number` over the alphabet; false: it is longer than LEN_MAX. */
static bool
text_of(char *text, const char *alphabet, unsigned number)
{
    unsigned letters = (unsigned)strlen(alphabet), len = 0;

    for (; number > 0; number = (number - 1) / letters)
        if (len < LEN_MAX)
            text[len++] = alphabet[(number - 1) % letters];
        else
            return false;
    text[len] = 0;
    return true;
}

static void
test_glob(void)
{
    char pattern[LEN_MAX + 1], name[LEN_MAX + 1];
    unsigned pairs = 0, wrong = 0;

    for (unsigned p = 0; text_of(pattern, "ab*?", p); p++)
        for (unsigned n = 0; text_of(name, "ab", n); n++, pairs++)
            wrong += bench_glob(pattern, name) != matches(pattern, name);
    TAP_OK(pairs > 80000 && wrong == 0, "all %u short patterns and names agree", pairs);
    wrong = pairs = 0;
    for (unsigned p = 0; p < 800; p++)
        for (unsigned q = 0; q < 800; q++, pairs++) {
            char other[LEN_MAX + 1];
            bool meet = false;
            (void)text_of(pattern, "ab*?", p);
            (void)text_of(other, "ab*?", q);
            for (unsigned n = 0; !meet && text_of(name, "ab", n); n++)
                meet = matches(pattern, name) && matches(other, name);
            /* A common name may be longer than those that were tried, never the reverse. */
            wrong += meet && !bench_globs_meet(pattern, other);
            wrong += bench_globs_meet(pattern, other) != bench_globs_meet(other, pattern);
        }
    TAP_OK(wrong == 0, "patterns with a common name meet, in %u pairs", pairs);
    TAP_OK(!bench_globs_meet("kv/*", "query/*") && !bench_globs_meet("kv/a*b", "kv/*c") &&
               bench_globs_meet("kv/put/memory", "kv/*memory*"),
           "and patterns without one do not");
    TAP_OK(bench_glob("kv/*/memory", "kv/get/x/memory"), "a star passes over slashes");
}

static void
test_limits(void)
{
    bool right = true;

    for (unsigned t = 0; t < BENCH_TIER_COUNT; t++) {
        for (unsigned m = BENCH_MEDIAN; m <= BENCH_RATIO; m++) {
            struct bench_target target = { "x", (enum bench_measure)m, 100, 0, "" };
            double limit = bench_target_limit(&target, &bench_tiers[t]);
            bool grows = bench_measure_grows(target.measure);
            right = right && (grows ? limit <= 100 : limit >= 100);
            right = right && bench_measure_holds(target.measure, limit, limit);
            right = right &&
                    !bench_measure_holds(target.measure, grows ? limit - 1 : limit + 1, limit);
        }
    }
    TAP_OK(right,
           "a limit is never tighter than its target, is kept at itself, and no further");
    struct bench_target both = { "x", BENCH_MEDIAN, 100, 300, "" };
    TAP_OK(bench_target_limit(&both, &bench_tiers[BENCH_TIER_PRODUCTION]) == 300,
           "the limit is made of the acceptable figure, where there is one");
}

static void
test_table(void)
{
    const struct bench_target *first = bench_target_next(NULL, "kv/put/memory");
    const struct bench_target *second = bench_target_next(first, "kv/put/memory");
    bool sane = true;

    TAP_OK(first != NULL && second != NULL && first->measure != second->measure &&
               bench_target_next(NULL, "no/such/row") == NULL,
           "all targets of a row are found, one after the other");
    for (const struct bench_target *t = bench_targets; t->row != NULL; t++)
        sane =
            sane && t->wanted > 0 && t->source != NULL &&
            (t->acceptable == 0 || bench_measure_holds(t->measure, t->wanted, t->acceptable));
    TAP_OK(sane, "no target is nothing, each has a source, none is laxer than acceptable");
}

int
main(void)
{
    test_glob();
    test_limits();
    test_table();
    return tap_done();
}
