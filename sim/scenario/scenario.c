/*
 * scenario.c - from words to a scenario: one reader a directive, then what must fit together.
 *
 * A complaint names the first thing that is wrong. Nothing is corrected in silence, and a word
 * that means nothing here is never skipped.
 */
#include "sim/scenario/scenario.h"

#include "sim/grow.h"
#include "sim/machine/sim_probe.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- help for all readers ---------------------------------------------------------------- */

bool
sim_reader_complain(struct sim_reader *reader, unsigned word, const char *format, ...)
{
    const struct sim_line *line = reader->line;
    unsigned column = 1;
    char message[300];
    va_list args;

    if (word < line->word_count)
        column = line->words[word].column;
    else if (line->word_count > 0)
        column = line->words[line->word_count - 1].column +
                 (unsigned)strlen(line->words[line->word_count - 1].at);
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return sim_text_complain(reader->complaint, &reader->scenario->text, line, column, "%s",
                             message);
}

bool
sim_reader_pair(struct sim_reader *reader, unsigned word, char key[SIM_HINT_SIZE],
                const char **value)
{
    const char *at = reader->line->words[word].at;
    const char *equals = strchr(at, '=');
    size_t len = equals == NULL ? 0 : (size_t)(equals - at);

    if (len == 0 || len >= SIM_HINT_SIZE || equals[1] == 0)
        return sim_reader_complain(reader, word, "KEY=VALUE is wanted");
    memcpy(key, at, len);
    key[len] = 0;
    *value = equals + 1;
    return true;
}

int
sim_reader_word(struct sim_reader *reader, unsigned word, sim_word_fn *words, const char *what)
{
    char hint[SIM_HINT_SIZE];

    if (word >= reader->line->word_count) {
        sim_reader_complain(reader, word, "a %s is missing", what);
        return -1;
    }
    const char *text = reader->line->words[word].at;
    int index = sim_word_find(words, text);
    if (index < 0)
        sim_reader_complain(reader, word, "no such %s%s", what, sim_hint_of(hint, words, text));
    return index;
}

bool
sim_reader_number(struct sim_reader *reader, unsigned word, uint64_t *number)
{
    if (word >= reader->line->word_count)
        return sim_reader_complain(reader, word, "a number is missing");
    const char *wrong = sim_number_parse(number, SIM_COUNT, reader->line->words[word].at);
    return wrong == NULL || sim_reader_complain(reader, word, "%s", wrong);
}

/* `form` is the whole line: what a person has to write. */
static bool
expect_words(struct sim_reader *reader, unsigned count, const char *form)
{
    if (reader->line->word_count < count)
        return sim_reader_complain(reader, count, "a word is missing: '%s'", form);
    if (reader->line->word_count > count)
        return sim_reader_complain(reader, count, "nothing more is wanted: '%s'", form);
    return true;
}

/* ---- scenario, seeds, knobs -------------------------------------------------------------- */

static bool
read_name(struct sim_reader *reader)
{
    struct sim_scenario *scenario = reader->scenario;

    if (!expect_words(reader, 2, "scenario NAME"))
        return false;
    const char *name = reader->line->words[1].at;
    if (scenario->name[0] != 0)
        return sim_reader_complain(reader, 0, "the scenario has a name already");
    if (strlen(name) >= SIM_NAME_SIZE ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        return sim_reader_complain(reader, 1, "a name is up to %u of a-z, 0-9 and _",
                                   SIM_NAME_SIZE - 1);
    memcpy(scenario->name, name, strlen(name) + 1);
    return true;
}

static bool
read_seeds(struct sim_reader *reader)
{
    struct sim_range *seeds = &reader->scenario->seeds;

    if (!expect_words(reader, 2, "seeds FIRST..LAST"))
        return false;
    if (seeds->hi != 0)
        return sim_reader_complain(reader, 0, "the seeds were named already");
    const char *wrong = sim_range_parse(seeds, SIM_COUNT, reader->line->words[1].at);
    if (wrong == NULL && (seeds->lo == 0 || seeds->hi == UINT64_MAX))
        wrong = "seeds count from 1";
    return wrong == NULL || sim_reader_complain(reader, 1, "%s", wrong);
}

static bool
read_knobs(struct sim_reader *reader, enum sim_knob_group group)
{
    char key[SIM_HINT_SIZE], hint[SIM_HINT_SIZE];
    const char *value;

    if (reader->line->word_count < 2)
        return sim_reader_complain(reader, 1, "KEY=VALUE is wanted");
    for (unsigned word = 1; word < reader->line->word_count; word++) {
        if (!sim_reader_pair(reader, word, key, &value))
            return false;
        int knob = sim_knob_find(group, key, hint);
        if (knob < 0)
            return sim_reader_complain(reader, word, "%s knows no '%s'%s",
                                       sim_group_name(group), key, hint);
        struct sim_setting *setting = &reader->scenario->knobs[knob];
        if (setting->pinned)
            return sim_reader_complain(reader, word, "'%s' was said in line %u", key,
                                       setting->line);
        const char *wrong = sim_knob_parse((enum sim_knob)knob, &setting->choice, value, hint);
        if (wrong != NULL)
            return sim_reader_complain(reader, word, "%s: %s%s", key, wrong, hint);
        setting->pinned = true;
        setting->line = reader->line->number;
    }
    return true;
}

/* ---- expect and plant -------------------------------------------------------------------- */

static const char *
relation_word(unsigned index)
{
    static const char *const words[] = { ">=", "<=", "=", NULL };

    return words[index];
}

static const char *
summed_word(unsigned index)
{
    static const char *const words[] = { "mark", "fault", "cycles", "refused", NULL };

    return words[index];
}

static bool
add_expect(struct sim_reader *reader, const struct sim_expect *expect)
{
    struct sim_scenario *scenario = reader->scenario;

    if (scenario->expect_count == SIM_EXPECTS_MAX)
        return sim_reader_complain(reader, 0, "more than %u expectations", SIM_EXPECTS_MAX);
    scenario->expects[scenario->expect_count++] = *expect;
    return true;
}

static bool
read_sum(struct sim_reader *reader, enum sim_expected what)
{
    struct sim_expect expect = { .what = what, .line = reader->line->number };
    bool is_named = what == SIM_EXPECT_MARK || what == SIM_EXPECT_FAULT;
    unsigned word = 2;

    if (is_named) {
        int which = what == SIM_EXPECT_MARK
                        ? sim_reader_word(reader, word, sim_mark_name, "mark")
                        : sim_reader_word(reader, word, sim_fault_name, "fault");
        if (which < 0)
            return false;
        expect.which = (unsigned)which;
        word++;
    }
    int relation = sim_reader_word(reader, word, relation_word, "relation");
    if (relation < 0 || !sim_reader_number(reader, word + 1, &expect.number))
        return false;
    expect.relation = (enum sim_relation)relation;
    return expect_words(reader, word + 2, "expect WHAT >= N") && add_expect(reader, &expect);
}

static bool
read_expect(struct sim_reader *reader)
{
    if (reader->line->word_count < 2)
        return sim_reader_complain(
            reader, 1, "what? a property is missing, or mark, fault, cycles, refused");
    int summed = sim_word_find(summed_word, reader->line->words[1].at);
    if (summed >= 0)
        return read_sum(reader, (enum sim_expected)(SIM_EXPECT_MARK + summed));
    for (unsigned word = 1; word < reader->line->word_count; word++) {
        int property = sim_reader_word(reader, word, sim_property_name, "property");
        struct sim_expect expect = { .what = SIM_EXPECT_PROPERTY,
                                     .which = (unsigned)property,
                                     .relation = SIM_AT_LEAST,
                                     .number = 1,
                                     .line = reader->line->number };
        if (property < 0 || !add_expect(reader, &expect))
            return false;
    }
    return true;
}

static bool
read_plant(struct sim_reader *reader)
{
    struct sim_scenario *scenario = reader->scenario;
    char key[SIM_HINT_SIZE], hint[SIM_HINT_SIZE] = "";
    struct sim_choice choice;
    const char *value;

    int plant = sim_reader_word(reader, 1, sim_plant_name, "plant");
    if (plant < 0 || !expect_words(reader, 3, "plant NAME property=P|Q") ||
        !sim_reader_pair(reader, 2, key, &value))
        return false;
    if (strcmp(key, "property") != 0)
        return sim_reader_complain(reader, 2,
                                   "property=P is wanted: by what the plant is caught");
    const char *wrong = sim_words_parse(&choice, sim_property_name, value, hint);
    if (wrong != NULL)
        return sim_reader_complain(reader, 2, "%s%s", wrong, hint);
    if (scenario->catch_count == SIM_CATCHES_MAX)
        return sim_reader_complain(reader, 0, "more than %u plants", SIM_CATCHES_MAX);
    for (unsigned i = 0; i < scenario->catch_count; i++) {
        if (scenario->catches[i].plant == (unsigned)plant)
            return sim_reader_complain(reader, 1, "this plant was named in line %u",
                                       scenario->catches[i].line);
    }
    struct sim_catch *catch = &scenario->catches[scenario->catch_count++];
    *catch = (struct sim_catch){ .plant = (unsigned)plant, .line = reader->line->number };
    for (unsigned i = 0; i < choice.count; i++)
        catch->properties |= UINT32_C(1) << choice.of[i].lo;
    return true;
}

/* ---- the tape ---------------------------------------------------------------------------- */

static bool
read_tape(struct sim_reader *reader)
{
    if (!expect_words(reader, 2, "tape zero|seed"))
        return false;
    const char *word = reader->line->words[1].at;
    if (strcmp(word, "zero") != 0 && strcmp(word, "seed") != 0)
        return sim_reader_complain(reader, 1, "'tape zero' or 'tape seed' is wanted");
    reader->scenario->tape_zero = strcmp(word, "zero") == 0;
    return true;
}

static bool
read_draw(struct sim_reader *reader)
{
    struct sim_scenario *scenario = reader->scenario;
    uint64_t numbers[3];

    if (!expect_words(reader, 5, "draw SITE ENTITY OCCURRENCE VALUE"))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (!sim_reader_number(reader, i + 2, &numbers[i]))
            return false;
    }
    sim_grow(&scenario->draws, &scenario->draw_capacity, scenario->draw_count + 1,
             sizeof *scenario->draws);
    scenario->draws[scenario->draw_count++] = (struct sim_drawn){
        .site = reader->line->words[1].at,
        .entity = numbers[0],
        .occurrence = numbers[1],
        .value = numbers[2],
        .clock = reader->line->number,
    };
    return true;
}

/* ---- all of it --------------------------------------------------------------------------- */

static const char *
directive_word(unsigned index)
{
    static const char *const words[] = { "engine", "disk",  "workload", "scenario",
                                         "seeds",  "fault", "at",       "expect",
                                         "plant",  "tape",  "draw",     NULL };

    return words[index];
}

static bool
read_line(struct sim_reader *reader)
{
    typedef bool read_fn(struct sim_reader * reader);
    static read_fn *const readers[] = { read_name,        read_seeds,  sim_rule_read_fault,
                                        sim_rule_read_at, read_expect, read_plant,
                                        read_tape,        read_draw };
    int directive = sim_reader_word(reader, 0, directive_word, "directive");

    if (directive < 0)
        return false;
    if (directive <= SIM_GROUP_WORKLOAD)
        return read_knobs(reader, (enum sim_knob_group)directive);
    return readers[directive - SIM_GROUP_WORKLOAD - 1](reader);
}

/* The comment lines at the top, joined by blanks. */
static char *
opening_comment(const struct sim_text *text)
{
    size_t room = 1;

    for (size_t i = 0; i < text->line_count && text->lines[i].comment != NULL; i++)
        room += strlen(text->lines[i].comment) + 1;
    char *why = sim_new(room);
    for (size_t i = 0; i < text->line_count && text->lines[i].word_count == 0; i++) {
        const char *comment = text->lines[i].comment;
        if (comment == NULL)
            break;
        comment += strspn(comment, "# ");
        if (why[0] != 0)
            strcat(why, " ");
        strcat(why, comment);
    }
    return why;
}

static const struct sim_line *
line_of(const struct sim_scenario *scenario, unsigned number)
{
    return &scenario->text.lines[number - 1];
}

/* The word of the line that begins so, or the first. */
static unsigned
word_of(const struct sim_line *line, const char *head)
{
    for (unsigned i = 0; i < line->word_count; i++) {
        if (strncmp(line->words[i].at, head, strlen(head)) == 0)
            return i;
    }
    return 0;
}

/*
 * The device's sector above the engine's makes damage to synced bytes legal, which no engine
 * survives: such a scenario contradicts itself.
 */
static bool
judge_sectors(struct sim_reader *reader)
{
    const struct sim_setting *device = &reader->scenario->knobs[SIM_KNOB_DEVICE_SECTOR];
    const struct sim_setting *engine = &reader->scenario->knobs[SIM_KNOB_SECTOR];

    if (!device->pinned || !engine->pinned)
        return true;
    for (unsigned i = 0; i < engine->choice.count; i++) {
        if (device->choice.of[0].lo > engine->choice.of[i].lo) {
            reader->line = line_of(reader->scenario, device->line);
            return sim_reader_complain(reader, word_of(reader->line, "sector="),
                                       "the device's sector is above the engine's in line %u",
                                       engine->line);
        }
    }
    return true;
}

/* An engine's segment has at least eight of its sectors. */
static bool
judge_segment(struct sim_reader *reader)
{
    const struct sim_setting *segment = &reader->scenario->knobs[SIM_KNOB_SEGMENT];
    const struct sim_setting *sector = &reader->scenario->knobs[SIM_KNOB_SECTOR];

    if (!segment->pinned || !sector->pinned)
        return true;
    for (unsigned i = 0; i < segment->choice.count * sector->choice.count; i++) {
        const struct sim_range *size = &segment->choice.of[i % segment->choice.count];
        if (size->lo < 8 * sector->choice.of[i / segment->choice.count].lo) {
            reader->line = line_of(reader->scenario, segment->line);
            return sim_reader_complain(reader, word_of(reader->line, "segment="),
                                       "a segment has at least 8 sectors");
        }
    }
    return true;
}

/* Places apart from each other first, then the lines that name one place. */
static int
by_place(const void *left, const void *right)
{
    const struct sim_drawn *a = left, *b = right;
    int sites = strcmp(a->site, b->site);

    if (sites != 0)
        return sites;
    if (a->entity != b->entity)
        return a->entity < b->entity ? -1 : 1;
    if (a->occurrence != b->occurrence)
        return a->occurrence < b->occurrence ? -1 : 1;
    return (a->clock > b->clock) - (a->clock < b->clock);
}

/* No place is drawn explicitly twice. */
static bool
judge_draws(struct sim_reader *reader)
{
    const struct sim_scenario *scenario = reader->scenario;
    size_t size = scenario->draw_count * sizeof *scenario->draws;
    struct sim_drawn *sorted = sim_new(size + 1);
    unsigned first = 0, again = 0;

    if (size > 0)
        memcpy(sorted, scenario->draws, size);
    qsort(sorted, scenario->draw_count, sizeof *sorted, by_place);
    for (size_t i = 1; i < scenario->draw_count && again == 0; i++) {
        const struct sim_drawn *a = &sorted[i - 1], *b = &sorted[i];
        if (strcmp(a->site, b->site) != 0 || a->entity != b->entity ||
            a->occurrence != b->occurrence)
            continue;
        first = (unsigned)a->clock;
        again = (unsigned)b->clock;
    }
    free(sorted);
    if (again == 0)
        return true;
    reader->line = line_of(scenario, again);
    return sim_reader_complain(reader, 0, "line %u says this draw already", first);
}

static bool
has_work(const struct sim_scenario *scenario)
{
    for (unsigned knob = SIM_KNOB_PUT; knob < SIM_KNOB_COUNT; knob++) {
        const struct sim_setting *setting = &scenario->knobs[knob];
        const struct sim_choice *choice = &setting->choice;
        if (choice->of[0].lo > 0 || (!setting->pinned && choice->of[choice->count - 1].hi > 0))
            return true;
    }
    return false;
}

static bool
judge_whole(struct sim_reader *reader)
{
    struct sim_scenario *scenario = reader->scenario;
    struct sim_line whole = { .number = 1, .text = "" };

    if (!judge_sectors(reader) || !judge_segment(reader) || !judge_draws(reader))
        return false;
    reader->line = scenario->text.line_count > 0 ? &scenario->text.lines[0] : &whole;
    if (scenario->why[0] == 0)
        return sim_reader_complain(
            reader, 0, "a comment is missing at the top: it says why the scenario exists");
    if (scenario->name[0] == 0)
        return sim_reader_complain(reader, 0, "'scenario NAME' is missing");
    if (scenario->seeds.hi == 0)
        return sim_reader_complain(reader, 0, "'seeds A..B' is missing");
    if (!has_work(scenario))
        return sim_reader_complain(reader, 0, "every weight of the workload is 0");
    return true;
}

static bool
read_all(struct sim_scenario *scenario, struct sim_complaint *complaint)
{
    struct sim_reader reader = { .scenario = scenario, .complaint = complaint };
    char hint[SIM_HINT_SIZE];

    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++)
        sim_knob_parse((enum sim_knob)i, &scenario->knobs[i].choice,
                       sim_knob_default((enum sim_knob)i), hint);
    scenario->why = opening_comment(&scenario->text);
    for (size_t i = 0; i < scenario->text.line_count; i++) {
        reader.line = &scenario->text.lines[i];
        if (reader.line->word_count > 0 && !read_line(&reader))
            return false;
    }
    return judge_whole(&reader);
}

static bool
finish(struct sim_scenario *scenario, bool good, struct sim_complaint *complaint)
{
    if (good && read_all(scenario, complaint))
        return true;
    sim_scenario_fini(scenario);
    return false;
}

bool
sim_scenario_parse(struct sim_scenario *scenario, const char *path, const char *source,
                   size_t len, struct sim_complaint *complaint)
{
    *scenario = (struct sim_scenario){ 0 };
    return finish(scenario, sim_text_parse(&scenario->text, path, source, len, complaint),
                  complaint);
}

bool
sim_scenario_read(struct sim_scenario *scenario, const char *path,
                  struct sim_complaint *complaint)
{
    *scenario = (struct sim_scenario){ 0 };
    return finish(scenario, sim_text_read(&scenario->text, path, complaint), complaint);
}

void
sim_scenario_fini(struct sim_scenario *scenario)
{
    sim_text_fini(&scenario->text);
    free(scenario->why);
    free(scenario->draws);
    *scenario = (struct sim_scenario){ 0 };
}
