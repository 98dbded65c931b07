/*
 * tape_test.c - draws by place: their keys, their spread, and their way to a file and back.
 *
 * Method: small tapes asked in different orders and compared; saved tapes loaded from memory.
 */
#define _GNU_SOURCE /* open_memstream */
#include "sim/tape.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

static struct sim_tape *tape;
static struct sim_drawn unread;

static bool
load(const char *text, struct hf_error *error)
{
    FILE *file = tmpfile();
    bool loaded;

    fputs(text, file);
    rewind(file);
    loaded = sim_tape_load(tape, file, error);
    fclose(file);
    return loaded;
}

static void
test_places(void)
{
    uint64_t a, b, c;

    sim_tape_reset(tape, 7);
    a = sim_draw(tape, "one", 1, 1000000);
    b = sim_draw(tape, "one", 1, 1000000);
    c = sim_draw(tape, "one", 2, 1000000);
    sim_tape_reset(tape, 7);
    for (int i = 0; i < 100; i++)
        sim_draw(tape, "new draw", (uint64_t)i, 10);
    TAP_OK(c == sim_draw(tape, "one", 2, 1000000) && a == sim_draw(tape, "one", 1, 1000000) &&
               b == sim_draw(tape, "one", 1, 1000000),
           "a new draw elsewhere shifts no other");
    TAP_OK(a != b && a != c, "occurrences and entities differ");
    sim_tape_rewind(tape);
    TAP_OK(a == sim_draw(tape, "one", 1, 1000000), "a rewound tape draws the same again");
    sim_tape_reset(tape, 8);
    TAP_OK(a != sim_draw(tape, "one", 1, 1000000), "another seed draws otherwise");
}

/* One place is asked at every step and many others in between, on a tape that was rewound more
 * often than a slot can tell. */
static void
test_occurrences(void)
{
    const struct sim_drawn *drawn;
    unsigned asked[3] = { 0 };
    bool is_counted = true;

    sim_tape_reset(tape, 5);
    sim_tape_record(tape, true);
    for (unsigned i = 0; i < 300; i++) {
        sim_tape_rewind(tape);
        sim_draw(tape, "often", 0, 10);
        is_counted =
            is_counted && sim_tape_drawn(tape, &drawn) == 1 && drawn[0].occurrence == 0;
    }
    TAP_OK(is_counted, "a rewound tape has forgotten all draws, however often it was rewound");
    sim_tape_rewind(tape);
    for (unsigned i = 0; i < 12000; i++)
        sim_draw(tape, i % 2 == 0 ? "often" : "seldom", i % 2 == 0 ? i % 4 / 2 : i / 3, 10);
    for (size_t i = 0; i < sim_tape_drawn(tape, &drawn); i++) {
        unsigned which = i % 2 == 0 ? i % 4 / 2 : 2;
        if (which < 2)
            is_counted = is_counted && drawn[i].occurrence == asked[which]++;
        else
            is_counted = is_counted && drawn[i].occurrence == (i % 6 == 5 ? 1 : 0);
    }
    TAP_OK(is_counted && asked[0] == 3000 && asked[1] == 3000,
           "each draw of a place knows how many there were before");
    sim_tape_record(tape, false);
}

static void
test_content_of_names(void)
{
    static const char first[] = "site", second[] = "site";
    uint64_t a;

    sim_tape_reset(tape, 3);
    a = sim_draw(tape, first, 0, UINT64_MAX);
    sim_tape_rewind(tape);
    TAP_OK(a == sim_draw(tape, second, 0, UINT64_MAX),
           "a site is its name's content, wherever it lies");
    TAP_OK(a != sim_draw(tape, first, 0, UINT64_MAX), "and both count as the same place");
}

static void
test_spread(void)
{
    unsigned counts[8] = { 0 };
    bool is_even = true;
    unsigned yes = 0;

    sim_tape_reset(tape, 1);
    for (unsigned i = 0; i < 8000; i++)
        counts[sim_draw(tape, "spread", i % 50, 8)]++;
    for (unsigned i = 0; i < 8; i++)
        is_even = is_even && counts[i] > 850 && counts[i] < 1150;
    TAP_OK(is_even, "draws are spread evenly");
    for (unsigned i = 0; i < 8000; i++)
        yes += sim_draw_chance(tape, "chance", 0, 1, 4);
    TAP_OK(yes > 1850 && yes < 2150, "a chance of 1/4 says yes in a quarter of the draws");
    TAP_OK(!sim_draw_chance(tape, "c", 0, 0, 4) && sim_draw_chance(tape, "c", 0, 4, 4),
           "0/4 never, 4/4 always");
}

static void
test_many_places(void)
{
    bool same = true;

    sim_tape_reset(tape, 5);
    for (uint64_t i = 0; i < 20000; i++)
        sim_draw(tape, "many", i, 10);
    sim_tape_rewind(tape);
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t a = sim_draw(tape, "many", i, UINT64_MAX);
        same = same && sim_draw(tape, "many", i, UINT64_MAX) != a;
    }
    TAP_OK(same, "twenty thousand places keep their counts apart");
}

static void
test_round_trip(void)
{
    struct hf_error error;
    uint64_t values[30];
    bool same = true;
    FILE *file = tmpfile();

    sim_tape_reset(tape, 11);
    sim_tape_record(tape, true);
    for (uint64_t i = 0; i < 30; i++)
        values[i] = sim_draw(tape, i % 2 == 0 ? "even" : "odd", i / 4, 100);
    sim_tape_save(tape, file);
    sim_tape_record(tape, false);
    rewind(file);
    TAP_OK(sim_tape_load(tape, file, &error), "a saved tape loads");
    fclose(file);
    for (uint64_t i = 0; i < 30; i++)
        same = same && sim_draw(tape, i % 2 == 0 ? "even" : "odd", i / 4, 100) == values[i];
    TAP_OK(same && sim_tape_unread(tape, &unread) == 0, "and draws what was drawn");
}

static void
test_explicit(void)
{
    struct hf_error error;

    TAP_OK(load("holdfast-tape 1\ndefault zero\na 1 0 7\na 1 2 5\nnobody 0 0 1\n", &error),
           "explicit draws over zeros");
    TAP_OK(sim_draw(tape, "a", 1, 100) == 7 && sim_draw(tape, "a", 1, 100) == 0 &&
               sim_draw(tape, "a", 1, 3) == 2,
           "are found by place and taken modulo the bound");
    TAP_OK(sim_tape_unread(tape, &unread) == 1, "what nobody asked for is counted");
    TAP_OK(!sim_draw_chance(tape, "b", 0, 99, 100), "zero means no");
}

/* Draws that are handed over, and those of another future. */
static void
test_fixed(void)
{
    static const struct sim_drawn fixed[] = { { .site = "a", .entity = 1, .value = 5 },
                                              { .site = "a", .entity = 2, .value = 6 } };
    uint64_t past, future;

    sim_tape_reset(tape, 4);
    past = sim_draw(tape, "b", 0, UINT64_MAX);
    future = sim_draw(tape, "b", 1, UINT64_MAX);
    sim_tape_reset(tape, 4);
    sim_tape_zero(tape);
    sim_tape_fix(tape, fixed, 2);
    TAP_OK(sim_draw(tape, "a", 1, 100) == 5 && sim_draw(tape, "b", 0, 100) == 0,
           "draws that are handed over are explicit, over zeros");
    TAP_OK(sim_tape_unread(tape, &unread) == 1 && strcmp(unread.site, "a") == 0 &&
               unread.entity == 2,
           "one that nobody asks for is named");
    sim_tape_reset(tape, 4);
    sim_tape_fix(tape, fixed, 2);
    sim_tape_diverge(tape, 3, 99);
    sim_tape_clock(tape, 2);
    TAP_OK(sim_draw(tape, "b", 0, UINT64_MAX) == past, "another future has the same past");
    sim_tape_clock(tape, 3);
    TAP_OK(sim_draw(tape, "b", 1, UINT64_MAX) != future && sim_draw(tape, "a", 2, 100) != 6,
           "from its step on every draw is another, explicit ones too");
}

/* Bytes are draws in the order of asking, and what they drew is a tape that draws the same. */
static void
test_fed(void)
{
    static const uint8_t bytes[] = { 7, 0x34, 0x12, 200, 9 };
    uint64_t first[6], again[6];
    struct hf_error error;
    char *saved;
    size_t size;

    for (int i = 0; i < 2; i++) {
        uint64_t *drawn = i == 0 ? first : again;
        if (i == 0) {
            sim_tape_reset(tape, 5);
            sim_tape_feed(tape, hf_span(bytes, sizeof bytes));
        }
        drawn[0] = sim_draw(tape, "a", 0, 256);
        drawn[1] = sim_draw(tape, "a", 0, 65536);
        drawn[2] = sim_draw(tape, "b", 1, 1); /* nothing to choose: takes no byte */
        drawn[3] = sim_draw(tape, "b", 1, 100);
        drawn[4] = sim_draw(tape, "b", 2, UINT64_MAX);
        drawn[5] = sim_draw(tape, "c", 0, 1000);
        if (i == 0) {
            FILE *to = open_memstream(&saved, &size);
            sim_tape_save(tape, to);
            fclose(to);
            TAP_OK(load(saved, &error), "what was fed can be saved and loaded");
        }
    }
    TAP_OK(first[0] == 7 && first[1] == 0x1234 && first[2] == 0 && first[3] == 0 &&
               first[4] == 9,
           "each draw takes as many bytes as its bound needs, in the order of asking");
    TAP_OK(memcmp(first, again, sizeof first) == 0, "the saved tape draws the same");
    TAP_OK(strncmp(saved, "holdfast-tape 1\ndefault seed 5\na 0 0 7\na 0 1 4660\n", 48) == 0,
           "fed draws are explicit ones");
    free(saved);
}

static void
test_refused(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        { "", "1: the file is empty" },
        { "holdfast-tape 2\ndefault zero\n",
          "1: a saved tape begins with \"holdfast-tape 1\"" },
        { "holdfast-tape 1\n", "2: the tape ends before its default" },
        { "holdfast-tape 1\ndefault seed x\n",
          "2: the second line is \"default seed N\" or \"default zero\"" },
        { "holdfast-tape 1\ndefault seed 1\na 1 2\n",
          "3: a draw is \"SITE ENTITY OCCURRENCE VALUE\"" },
        { "holdfast-tape 1\ndefault seed 1\na 1 2 3 4\n",
          "3: a draw is \"SITE ENTITY OCCURRENCE VALUE\"" },
        { "holdfast-tape 1\ndefault seed 1\na 1 2 99999999999999999999\n",
          "3: a draw is \"SITE ENTITY OCCURRENCE VALUE\"" },
        { "holdfast-tape 1\ndefault seed 1\na 1 0 1\na 1 0 2\n",
          "4: the same draw stands in an earlier line" },
    };
    struct hf_error error;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        TAP_OK(!load(rows[i].text, &error) && strcmp(error.text, rows[i].error) == 0,
               "refused: %s", rows[i].error);
}

int
main(void)
{
    tape = sim_tape_open();
    test_places();
    test_occurrences();
    test_content_of_names();
    test_spread();
    test_many_places();
    test_round_trip();
    test_explicit();
    test_fixed();
    test_fed();
    test_refused();
    sim_tape_close(tape);
    return tap_done();
}
