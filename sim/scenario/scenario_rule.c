/*
 * scenario_rule.c - the directives that place faults: `fault` and `at`.
 *
 * A table says which keys each fault takes. Faults of a crash (torn_write, lost_name) and at
 * rest (bit_flip, zero_sector, file_loss, file_swap) strike with a chance at each crash; the
 * others at calls.
 */
#include "sim/machine/locate.h"
#include "sim/machine/sim_probe.h"
#include "sim/scenario/scenario.h"

#include <string.h>

#define KEY_ON 1u
#define KEY_CALL 2u
#define KEY_PHASE 4u
#define KEY_KIND 8u
#define KEY_FIELD 16u
#define KEY_SURVIVE 32u
#define KEY_FOR 64u
#define KEY_MAX 128u
#define KEY_BITS 256u
#define KEY_EVERY 512u
#define KEY_CHANCE 1024u
#define KEY_SKIP 2048u

#define AT_CALLS (KEY_ON | KEY_CALL | KEY_PHASE | KEY_MAX | KEY_EVERY | KEY_CHANCE | KEY_SKIP)
#define AT_CRASH (KEY_ON | KEY_MAX | KEY_CHANCE)

static const struct {
    unsigned keys;
    enum sim_flavour first, last; /* the kinds that it knows; ANY: none */
    bool at_crash;
} faults[SIM_FAULT_COUNT] = {
    [SIM_PROCESS_KILL] = { AT_CALLS | KEY_KIND, SIM_BEFORE, SIM_AFTER, false },
    [SIM_POWER_CUT] = { AT_CALLS | KEY_KIND | KEY_SURVIVE, SIM_BEFORE, SIM_AFTER, false },
    [SIM_TORN_WRITE] = { AT_CRASH | KEY_KIND, SIM_PREFIX, SIM_SUBSECTOR, true },
    [SIM_LOST_NAME] = { AT_CRASH | KEY_KIND, SIM_DROP, SIM_KEEP, true },
    [SIM_SYNC_ERROR] = { AT_CALLS | KEY_KIND, SIM_CLEAN, SIM_REVERT, false },
    [SIM_SYNC_SLOW] = { AT_CALLS | KEY_FOR, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_SHORT_READ] = { AT_CALLS, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_SHORT_WRITE] = { AT_CALLS, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_DISK_FULL] = { AT_CALLS | KEY_FOR, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_READ_ERROR] = { AT_CALLS | KEY_KIND, SIM_ONCE, SIM_STICKY, false },
    [SIM_WRITE_ERROR] = { AT_CALLS | KEY_KIND, SIM_BEFORE, SIM_AFTER, false },
    [SIM_NAME_ERROR] = { AT_CALLS | KEY_KIND, SIM_BEFORE, SIM_AFTER, false },
    [SIM_ALLOC_FAIL] = { AT_CALLS, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_BIT_FLIP] = { AT_CRASH | KEY_FIELD | KEY_BITS, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY,
                       true },
    [SIM_ZERO_SECTOR] = { AT_CRASH | KEY_FIELD, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_FILE_LOSS] = { AT_CRASH | KEY_KIND, SIM_GONE, SIM_CUT, true },
    [SIM_FILE_SWAP] = { AT_CRASH, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_LOST_WRITE] = { AT_CRASH | KEY_FIELD, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_MISDIRECTED_WRITE] = { AT_CRASH | KEY_FIELD | KEY_KIND, SIM_OWN, SIM_OTHER, true },
    [SIM_STALE_READ] = { AT_CALLS, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_STALE_FILE] = { AT_CRASH | KEY_KIND, SIM_OLDER, SIM_BACK, true },
    [SIM_EXTRA_BYTES] = { AT_CRASH, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_NEWER_FORMAT] = { AT_CRASH, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_LATE_WRITE] = { AT_CRASH, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_LATE_NAME] = { AT_CRASH, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, true },
    [SIM_READ_ONLY_DISK] = { AT_CALLS | KEY_FOR, SIM_FLAVOUR_ANY, SIM_FLAVOUR_ANY, false },
    [SIM_CLOCK_STEP] = { AT_CALLS | KEY_KIND, SIM_FORWARD, SIM_FROZEN, false },
};

/* ---- words ------------------------------------------------------------------------------- */

const char *
sim_phase_word(unsigned index)
{
    static const char *const words[] = { "any", "run", "recovery", NULL };

    return words[index];
}

/* In the order of the KEY_ bits. */
static const char *
key_word(unsigned index)
{
    static const char *const words[] = { "on",      "call", "phase", "kind", "field",
                                         "survive", "for",  "max",   "bits", "every",
                                         "chance",  "skip", NULL };

    return words[index];
}

/* ---- one key ----------------------------------------------------------------------------- */

struct pair {
    unsigned word;
    const char *value;
};

static bool
read_word(struct sim_reader *reader, const struct pair *pair, sim_word_fn *words,
          unsigned *index)
{
    char hint[SIM_HINT_SIZE];
    int found = sim_word_find(words, pair->value);

    if (found < 0)
        return sim_reader_complain(reader, pair->word, "no such word here%s",
                                   sim_hint_of(hint, words, pair->value));
    *index = (unsigned)found;
    return true;
}

/* A fault whose kinds are others: it has one at least. */
static bool
complain_kind(struct sim_reader *reader, unsigned word, enum sim_fault fault)
{
    char known[SIM_HINT_SIZE] = "";
    size_t used = 0;

    for (unsigned i = (unsigned)faults[fault].first; i <= (unsigned)faults[fault].last; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                 used == 0 ? "" : ", ", sim_flavour_name(i));
    return sim_reader_complain(reader, word, "%s knows no such kind (known: %s)",
                               sim_fault_name(fault), known);
}

static bool
read_kind(struct sim_reader *reader, const struct pair *pair, struct sim_rule *rule)
{
    unsigned index;

    if (!read_word(reader, pair, sim_flavour_name, &index))
        return false;
    if (index < (unsigned)faults[rule->fault].first ||
        index > (unsigned)faults[rule->fault].last)
        return complain_kind(reader, pair->word, rule->fault);
    rule->flavour = (enum sim_flavour)index;
    return true;
}

/* Whether files of the class that `on` names have the field. */
static bool
field_fits(struct sim_reader *reader, const struct pair *pair, const struct sim_rule *rule)
{
    if (rule->file == SIM_FILE_ANY || rule->field[0] == '\0' ||
        sim_locate_knows(rule->file, rule->field))
        return true;
    return sim_reader_complain(reader, pair->word, "a %s has no such field",
                               sim_file_class_name(rule->file));
}

static bool
read_field(struct sim_reader *reader, const struct pair *pair, struct sim_rule *rule)
{
    unsigned index;

    if (!read_word(reader, pair, sim_locate_field, &index))
        return false;
    snprintf(rule->field, sizeof rule->field, "%s", pair->value);
    return field_fits(reader, pair, rule);
}

static bool
read_every(struct sim_reader *reader, const struct pair *pair, struct sim_rule *rule)
{
    struct sim_range range;
    const char *wrong = sim_range_parse(&range, SIM_COUNT, pair->value);

    if (wrong == NULL && range.lo == 0)
        wrong = "steps count from 1: the first is 1";
    if (wrong != NULL)
        return sim_reader_complain(reader, pair->word, "%s", wrong);
    rule->when = SIM_WHEN_EVERY;
    rule->lo = range.lo;
    rule->hi = range.hi;
    return true;
}

static bool
read_chance(struct sim_reader *reader, const struct pair *pair, struct sim_rule *rule)
{
    const char *wrong = sim_ratio_parse(&rule->lo, &rule->hi, pair->value);

    rule->when = faults[rule->fault].at_crash ? SIM_WHEN_CRASH : SIM_WHEN_CHANCE;
    return wrong == NULL || sim_reader_complain(reader, pair->word, "%s", wrong);
}

/* Steps for a full disk, a time for a slow sync. */
static bool
read_for(struct sim_reader *reader, const struct pair *pair, struct sim_rule *rule)
{
    enum sim_unit unit = rule->fault == SIM_SYNC_SLOW ? SIM_DURATION : SIM_COUNT;
    const char *wrong = sim_number_parse(&rule->duration, unit, pair->value);

    if (unit == SIM_DURATION)
        rule->duration /= 1000;
    return wrong == NULL || sim_reader_complain(reader, pair->word, "%s", wrong);
}

static bool
read_number(struct sim_reader *reader, const struct pair *pair, uint64_t *number)
{
    const char *wrong = sim_number_parse(number, SIM_COUNT, pair->value);

    return wrong == NULL || sim_reader_complain(reader, pair->word, "%s", wrong);
}

static bool
read_survive(struct sim_reader *reader, const struct pair *pair, struct sim_rule *rule)
{
    const char *wrong = NULL;

    rule->survives_each = strcmp(pair->value, "each") == 0;
    if (!rule->survives_each)
        wrong = sim_ratio_parse(&rule->survive, &rule->survive_of, pair->value);
    return wrong == NULL || sim_reader_complain(reader, pair->word, "%s", wrong);
}

static bool
read_key(struct sim_reader *reader, unsigned key, const struct pair *pair,
         struct sim_rule *rule)
{
    unsigned index = 0;
    bool good;

    switch (key) {
    case KEY_ON:
        good = read_word(reader, pair, sim_file_class_name, &index);
        rule->file = (enum sim_file_class)index;
        return good && field_fits(reader, pair, rule);
    case KEY_CALL:
        good = read_word(reader, pair, sim_call_name, &index);
        rule->call = (enum sim_call)index;
        return good;
    case KEY_PHASE:
        good = read_word(reader, pair, sim_phase_word, &index);
        rule->phase = (enum sim_phase)index;
        return good;
    case KEY_KIND:
        return read_kind(reader, pair, rule);
    case KEY_FIELD:
        return read_field(reader, pair, rule);
    case KEY_SURVIVE:
        return read_survive(reader, pair, rule);
    case KEY_FOR:
        return read_for(reader, pair, rule);
    case KEY_MAX:
        return read_number(reader, pair, &rule->count_max);
    case KEY_BITS:
        return read_number(reader, pair, &rule->bits);
    case KEY_SKIP:
        return read_number(reader, pair, &rule->skip);
    case KEY_EVERY:
        return read_every(reader, pair, rule);
    default:
        return read_chance(reader, pair, rule);
    }
}

static bool
complain_key(struct sim_reader *reader, unsigned word, unsigned key, enum sim_fault fault)
{
    const char *why = "";

    if (key == KEY_EVERY)
        why = ": it is asked at each crash, with chance=RATIO";
    else if (key == KEY_KIND)
        why = ": it has no kinds";
    return sim_reader_complain(reader, word, "%s takes no '%s'%s", sim_fault_name(fault),
                               key_word((unsigned)__builtin_ctz(key)), why);
}

/* Reads the pairs from word number `word` on; `given` are keys that the line has already
 * said. */
static bool
read_keys(struct sim_reader *reader, unsigned word, unsigned *given, struct sim_rule *rule)
{
    char key[SIM_HINT_SIZE], hint[SIM_HINT_SIZE];

    for (; word < reader->line->word_count; word++) {
        struct pair pair = { .word = word };
        if (!sim_reader_pair(reader, word, key, &pair.value))
            return false;
        int index = sim_word_find(key_word, key);
        if (index < 0)
            return sim_reader_complain(reader, word, "a fault has no '%s'%s", key,
                                       sim_hint_of(hint, key_word, key));
        unsigned bit = 1u << index;
        if ((faults[rule->fault].keys & bit) == 0)
            return complain_key(reader, word, bit, rule->fault);
        if ((*given & bit) != 0)
            return sim_reader_complain(reader, word, "'%s' is said twice, or already by 'at'",
                                       key);
        if (!read_key(reader, bit, &pair, rule))
            return false;
        *given |= bit;
    }
    return true;
}

/* ---- the directives ---------------------------------------------------------------------- */

static bool
add_rule(struct sim_reader *reader, struct sim_rule *rule)
{
    struct sim_scenario *scenario = reader->scenario;

    if (scenario->rule_count == SIM_FAULT_RULES_MAX)
        return sim_reader_complain(reader, 0, "more than %u faults", SIM_FAULT_RULES_MAX);
    if (rule->skip != 0 && rule->when != SIM_WHEN_EVERY && rule->when != SIM_WHEN_STEP)
        return sim_reader_complain(reader, 0, "skip= goes with every= and with 'at step'");
    rule->line = reader->line->number;
    scenario->rules[scenario->rule_count++] = *rule;
    return true;
}

bool
sim_rule_read_fault(struct sim_reader *reader)
{
    int fault = sim_reader_word(reader, 1, sim_fault_name, "fault");
    struct sim_rule rule = { .fault = (enum sim_fault)fault };
    unsigned given = 0;

    if (fault < 0 || !read_keys(reader, 2, &given, &rule))
        return false;
    if ((given & (KEY_EVERY | KEY_CHANCE)) == 0)
        return sim_reader_complain(reader, reader->line->word_count,
                                   "when? every=STEPS or chance=RATIO is missing");
    if ((given & KEY_EVERY) != 0 && (given & KEY_CHANCE) != 0)
        return sim_reader_complain(reader, 0, "every= and chance= contradict each other");
    return add_rule(reader, &rule);
}

/* A fault whose time `at` has said: `given` are the keys that are thereby taken. */
static bool
read_timed(struct sim_reader *reader, unsigned word, unsigned given, struct sim_rule *rule)
{
    int fault = sim_reader_word(reader, word, sim_fault_name, "fault");

    if (fault < 0)
        return false;
    rule->fault = (enum sim_fault)fault;
    if (faults[fault].at_crash != (rule->when == SIM_WHEN_NTH_CRASH))
        return sim_reader_complain(reader, word,
                                   faults[fault].at_crash
                                       ? "%s strikes at crashes: 'at crash N', or 'fault'"
                                       : "%s strikes at calls, not between lives",
                                   sim_fault_name(rule->fault));
    given |= KEY_EVERY | KEY_CHANCE;
    return read_keys(reader, word + 1, &given, rule) && add_rule(reader, rule);
}

static const char *
verb_word(unsigned index)
{
    return index < SIM_KNOB_COUNT - SIM_KNOB_PUT
               ? sim_knob_name((enum sim_knob)(SIM_KNOB_PUT + index))
               : NULL;
}

/* What a step may be told: an operation, or else a fault. */
static const char *
hint_of_what(char hint[SIM_HINT_SIZE], const char *what)
{
    const char *verb = sim_nearest_of(verb_word, what);

    return verb != NULL ? sim_hint(hint, verb) : sim_hint_of(hint, sim_fault_name, what);
}

static bool
read_at_step(struct sim_reader *reader)
{
    struct sim_scenario *scenario = reader->scenario;
    struct sim_rule rule = { .when = SIM_WHEN_STEP };
    char hint[SIM_HINT_SIZE];

    if (!sim_reader_number(reader, 2, &rule.lo))
        return false;
    if (rule.lo == 0)
        return sim_reader_complain(reader, 2, "steps count from 1");
    rule.hi = rule.lo;
    const char *what = reader->line->words[3].at;
    int verb = reader->line->word_count == 4 ? sim_word_find(verb_word, what) : -1;
    if (verb < 0 && sim_word_find(sim_fault_name, what) < 0)
        return sim_reader_complain(reader, 3, "no such fault or operation%s",
                                   hint_of_what(hint, what));
    if (verb < 0)
        return read_timed(reader, 3, 0, &rule);
    if (scenario->order_count == SIM_STEP_ORDERS_MAX)
        return sim_reader_complain(reader, 0, "more than %u operations", SIM_STEP_ORDERS_MAX);
    scenario->orders[scenario->order_count++] =
        (struct sim_step_order){ rule.lo, (enum sim_knob)(SIM_KNOB_PUT + verb),
                                 reader->line->number };
    return true;
}

static bool
read_at_mark(struct sim_reader *reader)
{
    struct sim_rule rule = { .when = SIM_WHEN_MARK };
    int mark = sim_reader_word(reader, 2, sim_mark_name, "mark");

    rule.mark = (unsigned)mark;
    return mark >= 0 && read_timed(reader, 3, 0, &rule);
}

static bool
read_at_crash(struct sim_reader *reader)
{
    struct sim_rule rule = { .when = SIM_WHEN_NTH_CRASH };

    if (!sim_reader_number(reader, 2, &rule.lo))
        return false;
    if (rule.lo == 0)
        return sim_reader_complain(reader, 2, "crashes count from 1");
    rule.hi = rule.lo;
    return read_timed(reader, 3, 0, &rule);
}

/* CLASS.CALL, into the rule. */
static bool
read_target(struct sim_reader *reader, struct sim_rule *rule)
{
    const char *at = reader->line->words[1].at;
    const char *dot = strchr(at, '.');
    char name[SIM_HINT_SIZE], hint[SIM_HINT_SIZE];

    if (dot == NULL || (size_t)(dot - at) >= sizeof name)
        return sim_reader_complain(reader, 1,
                                   "at what? step, crash, mark, or CLASS.CALL as in wal.write");
    memcpy(name, at, (size_t)(dot - at));
    name[dot - at] = 0;
    int file = sim_word_find(sim_file_class_name, name);
    if (file < 0)
        return sim_reader_complain(reader, 1, "no such class of files%s",
                                   sim_hint_of(hint, sim_file_class_name, name));
    int call = sim_word_find(sim_call_name, dot + 1);
    if (call < 0)
        return sim_reader_complain(reader, 1, "no such call%s",
                                   sim_hint_of(hint, sim_call_name, dot + 1));
    rule->file = (enum sim_file_class)file;
    rule->call = (enum sim_call)call;
    return true;
}

bool
sim_rule_read_at(struct sim_reader *reader)
{
    struct sim_rule rule = { .when = SIM_WHEN_CALL };

    if (reader->line->word_count < 4)
        return sim_reader_complain(reader, reader->line->word_count,
                                   "a word is missing: 'at step N WHAT', 'at crash N FAULT', "
                                   "'at mark MARK FAULT' or 'at CLASS.CALL N FAULT'");
    if (strcmp(reader->line->words[1].at, "step") == 0)
        return read_at_step(reader);
    if (strcmp(reader->line->words[1].at, "mark") == 0)
        return read_at_mark(reader);
    if (strcmp(reader->line->words[1].at, "crash") == 0)
        return read_at_crash(reader);
    if (!read_target(reader, &rule) || !sim_reader_number(reader, 2, &rule.lo))
        return false;
    if (rule.lo == 0)
        return sim_reader_complain(reader, 2, "calls count from 1");
    rule.hi = rule.lo;
    return read_timed(reader, 3, KEY_ON | KEY_CALL, &rule);
}
