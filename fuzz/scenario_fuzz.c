/*
 * scenario_fuzz.c - any bytes at all as a scenario file, and as a saved tape.
 *
 * An input that begins as a tape does is one. What must hold:
 *   1. a file is a scenario, or there is one complaint, with its place and a caret
 *   2. what was read and is printed can be read again, says the same, and is printed the same
 *   3. explicit draws of a scenario can be drawn, below their bounds
 *   4. a tape that is saved again is the same draws
 */
#define _GNU_SOURCE /* fmemopen, open_memstream */
#include "fuzz/fuzz.h"
#include "fuzz/take.h"
#include "sim/scenario/scenario.h"
#include "sim/tape.h"

#define TAPE_MAGIC "holdfast-tape"

/* A stream's bytes, once it is closed. */
struct printed {
    char *at;
    size_t size;
};

/* ---- scenarios --------------------------------------------------------------------------- */

static struct printed
print(const struct sim_text *text)
{
    struct printed printed;
    FILE *to = open_memstream(&printed.at, &printed.size);

    HF_ASSERT(to != NULL);
    sim_text_print(text, to);
    HF_ASSERT(fclose(to) == 0);
    return printed;
}

/* A complaint is three lines, the last one a caret. */
static void
check_complaint(const struct sim_complaint *complaint)
{
    size_t size = strnlen(complaint->text, sizeof complaint->text);
    const char *first = strchr(complaint->text, '\n');
    const char *second = first == NULL ? NULL : strchr(first + 1, '\n');

    HF_ASSERT(size > 0 && size < sizeof complaint->text);
    HF_ASSERT(strncmp(complaint->text, "input.scn:", 10) == 0);
    HF_ASSERT(second != NULL && complaint->text[size - 1] == '^');
}

static void
check_same(const struct sim_scenario *a, const struct sim_scenario *b)
{
    HF_ASSERT(strcmp(a->name, b->name) == 0 && strcmp(a->why, b->why) == 0);
    HF_ASSERT(a->seeds.lo == b->seeds.lo && a->seeds.hi == b->seeds.hi);
    HF_ASSERT(a->rule_count == b->rule_count && a->order_count == b->order_count);
    HF_ASSERT(a->expect_count == b->expect_count && a->catch_count == b->catch_count);
    HF_ASSERT(a->tape_zero == b->tape_zero && a->draw_count == b->draw_count);
    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++)
        HF_ASSERT(a->knobs[i].pinned == b->knobs[i].pinned);
    for (unsigned i = 0; i < a->rule_count; i++)
        HF_ASSERT(a->rules[i].fault == b->rules[i].fault && a->rules[i].lo == b->rules[i].lo);
}

static void
check_draws(const struct sim_scenario *scenario)
{
    struct sim_tape *tape = sim_tape_open();
    struct sim_drawn first;

    if (scenario->tape_zero)
        sim_tape_zero(tape);
    sim_tape_fix(tape, scenario->draws, scenario->draw_count);
    for (size_t i = 0; i < scenario->draw_count; i++) {
        const struct sim_drawn *drawn = &scenario->draws[i];
        for (uint64_t n = 0; drawn->occurrence < 64 && n <= drawn->occurrence; n++)
            HF_ASSERT(sim_draw(tape, drawn->site, drawn->entity, 7) < 7);
    }
    HF_ASSERT(sim_tape_unread(tape, &first) <= scenario->draw_count);
    sim_tape_close(tape);
}

static void
check_scenario(const char *source, size_t size)
{
    struct sim_scenario scenario, again;
    struct sim_complaint complaint;
    struct printed first, second;

    if (!sim_scenario_parse(&scenario, "input.scn", source, size, &complaint)) {
        check_complaint(&complaint);
        return;
    }
    first = print(&scenario.text);
    HF_ASSERT(sim_scenario_parse(&again, "input.scn", first.at, first.size, &complaint));
    check_same(&scenario, &again);
    second = print(&again.text);
    HF_ASSERT(hf_span_equal(hf_span(first.at, first.size), hf_span(second.at, second.size)));
    check_draws(&scenario);
    free(second.at);
    free(first.at);
    sim_scenario_fini(&again);
    sim_scenario_fini(&scenario);
}

/* ---- tapes ------------------------------------------------------------------------------- */

static bool
load(struct sim_tape *tape, const char *at, size_t size)
{
    struct hf_error error = { 0 };
    FILE *file = fmemopen((void *)(uintptr_t)at, size, "r");
    bool good;

    HF_ASSERT(file != NULL);
    good = sim_tape_load(tape, file, &error);
    HF_ASSERT(good || (error.text[0] >= '1' && error.text[0] <= '9'));
    fclose(file);
    return good;
}

static struct printed
save(const struct sim_tape *tape)
{
    struct printed printed;
    FILE *to = open_memstream(&printed.at, &printed.size);

    HF_ASSERT(to != NULL);
    sim_tape_save(tape, to);
    HF_ASSERT(fclose(to) == 0);
    return printed;
}

static void
check_tape(const char *at, size_t size)
{
    struct sim_tape *tape = sim_tape_open();

    if (load(tape, at, size)) {
        struct printed first = save(tape), second;
        struct sim_drawn first_unread;
        uint64_t unread = sim_tape_unread(tape, &first_unread);
        HF_ASSERT(sim_draw(tape, "nobody", 0, 7) < 7);
        HF_ASSERT(load(tape, first.at, first.size) &&
                  sim_tape_unread(tape, &first_unread) == unread);
        second = save(tape);
        HF_ASSERT(
            hf_span_equal(hf_span(first.at, first.size), hf_span(second.at, second.size)));
        free(second.at);
        free(first.at);
    }
    sim_tape_close(tape);
}

/* ---- the engine's door ------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(hf_span(data, size));

    if (size >= sizeof TAPE_MAGIC - 1 && memcmp(copy, TAPE_MAGIC, sizeof TAPE_MAGIC - 1) == 0)
        check_tape(copy, size);
    else
        check_scenario(copy, size);
    free(copy);
    return 0;
}
