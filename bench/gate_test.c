/*
 * gate_test.c - what is saved is read again; a gate breaks at its limit, on the right side, for
 * every kind of count; and no bad file passes for a baseline.
 *
 * Baselines are made as text. Each count is grown by a little less and a little more than it
 * may. A good file is cut at every byte.
 */
#include "base/tap.h"
#include "bench/gate.h"

#include <stdlib.h>
#include <string.h>

static const char good[] =
    "{\"schema\": 1, \"kind\": \"counts\", \"environment\": {\"compiler\": \"gcc 12\", "
    "\"cores\": 2}, \"accepted\": {\"why\": \"x\", \"commit\": \"abc\"}, \"other\": [1, {}], "
    "\"results\": [{\"name\": \"a\", \"ops\": 10, \"instructions_per_op\": 100, "
    "\"allocations_per_op\": 0, \"system_calls_per_op\": 1.5, \"bytes_written_per_op\": 157, "
    "\"syncs_per_op\": 0.1, \"bytes_synced_per_op\": 150},\n{\"name\": \"b\"}]}";

static struct bench_saved
parse(const char *text)
{
    struct bench_saved saved;
    struct hf_error error;

    if (!bench_saved_parse(&saved, (struct hf_span){ text, strlen(text) }, "test", &error))
        printf("# %s\n", error.text);
    return saved;
}

static void
ignore(void *context, const struct bench_compared *compared)
{
    (void)context;
    (void)compared;
}

static void
test_read(void)
{
    struct bench_saved saved = parse(good);
    const struct bench_saved_row *row = bench_saved_find(&saved, "a");
    struct hf_error error;
    unsigned accepted = 0;

    TAP_OK(saved.is_counts && saved.count == 2 && row != NULL && row->has_instructions &&
               row->per_op[BENCH_CALLS] == 1.5 && strcmp(saved.compiler, "gcc 12") == 0 &&
               strcmp(saved.commit, "abc") == 0,
           "what is in the file is what was read");
    TAP_OK(bench_saved_find(&saved, "c") == NULL, "and nothing else");
    bench_saved_free(&saved);

    for (size_t len = 0; len + 1 < sizeof good; len++) {
        char *copy = malloc(len + (len == 0));
        if (copy == NULL)
            abort();
        memcpy(copy, good, len);
        accepted +=
            bench_saved_parse(&saved, (struct hf_span){ copy, len }, "cut", &error) ? 1 : 0;
        free(copy);
    }
    TAP_OK(accepted == 0, "a file that was cut, at any byte, is refused");
    static const char empty[] = "{\"schema\": 1, \"results\": []}";
    TAP_OK(!bench_saved_parse(&saved, (struct hf_span){ empty, sizeof empty - 1 }, "e", &error),
           "a baseline without a row is refused: everything would pass");
    static const char later[] = "{\"schema\": 2, \"results\": [{\"name\": \"a\"}]}";
    TAP_OK(!bench_saved_parse(&saved, (struct hf_span){ later, sizeof later - 1 }, "l", &error),
           "so is one of another schema");
}

/* Whether the gate holds when count `kind` of row "a" is `times` what it was, or `plus` it. */
static bool
holds(unsigned kind, double times, double plus, const char *compiler)
{
    struct bench_saved before = parse(good), now = parse(good);
    struct bench_gate gate;

    now.rows[0].per_op[kind] = before.rows[0].per_op[kind] * times + plus;
    (void)snprintf(now.compiler, sizeof now.compiler, "%s", compiler);
    bench_gate_counts(&gate, &before, &now, ignore, NULL);
    bench_saved_free(&before);
    bench_saved_free(&now);
    return gate.broken == 0 && gate.compared > 0;
}

static void
test_counts(void)
{
    bool same = true, less = true, little = true, much = false;

    for (unsigned kind = 0; kind < BENCH_COUNT_KINDS; kind++) {
        bool counts = kind != BENCH_ALLOCATIONS; /* of which there were none */
        same = same && holds(kind, 1, 0, "gcc 12");
        less = less && holds(kind, 0.5, 0, "gcc 12");
        little = little && holds(kind, 1.019, 0, "gcc 12");
        much = much || (counts && holds(kind, 1.021, 0, "gcc 12"));
    }
    TAP_OK(same && less && little, "the same, less, and up to 2 %% more pass, of every count");
    TAP_OK(!much, "more than 2 %% more breaks the gate, of every count");
    TAP_OK(!holds(BENCH_ALLOCATIONS, 1, 0.0005, "gcc 12"),
           "one allocation in two thousand operations, where there was none, breaks it");
    TAP_OK(holds(BENCH_INSTRUCTIONS, 1.2, 0, "clang 14") &&
               !holds(BENCH_INSTRUCTIONS, 1.5, 0, "clang 14") &&
               !holds(BENCH_CALLS, 1.021, 0, "clang 14"),
           "another compiler widens the bound of instructions, and no other");
}

static void
test_missing(void)
{
    struct bench_saved before = parse(good), now = parse(good);
    struct bench_gate gate;

    (void)snprintf(now.rows[0].name, sizeof now.rows[0].name, "renamed");
    bench_gate_counts(&gate, &before, &now, ignore, NULL);
    TAP_OK(gate.broken > 0, "a row that is gone breaks the gate");
    bench_saved_free(&before);
    bench_saved_free(&now);
}

static void
test_times(void)
{
    static const char text[] = "{\"schema\": 1, \"results\": [{\"name\": \"t\", \"ratio\": 2, "
                               "\"mean_ns\": 5}, {\"name\": \"value\", \"value\": 3}]}";
    static const struct {
        enum bench_tier_id tier;
        double ratio;
        bool holds;
    } cases[] = { { BENCH_TIER_PRODUCTION, 2.29, true },
                  { BENCH_TIER_PRODUCTION, 2.31, false },
                  { BENCH_TIER_LOCAL, 3.99, true },
                  { BENCH_TIER_LOCAL, 4.01, false },
                  { BENCH_TIER_CI, 4.01, false },
                  { BENCH_TIER_PARALLEL, 4.01, false },
                  { BENCH_TIER_CI, 0, false } };
    struct bench_gate gate;
    bool right = true;

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench_saved before = parse(text), now = parse(text);
        now.rows[0].ratio = cases[i].ratio;
        bench_gate_times(&gate, &before, &now, cases[i].tier, NULL, ignore, NULL);
        right = right && gate.compared == 1 && (gate.broken == 0) == cases[i].holds;
        bench_saved_free(&before);
        bench_saved_free(&now);
    }
    TAP_OK(right, "15 %% more passes in production and twice as long elsewhere, not beyond");
}

int
main(void)
{
    test_read();
    test_counts();
    test_missing();
    test_times();
    return tap_done();
}
