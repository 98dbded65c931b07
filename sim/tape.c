/*
 * tape.c - draws by place, remembered, recorded, loaded and saved.
 *
 * Three tables, all keyed by the content of a site's name and never by its address:
 *
 *   seen      (site, entity) -> occurrences so far     open addressing, cleared by generation;
 *                                                      what is asked too often for a slot goes
 *                                                      into a list
 *   explicit  (site, entity, occurrence) -> value      the same, filled by sim_tape_load
 *   record    each draw in the order of asking         an array, when it is wanted
 *   feed      bytes that become explicit draws         a span, used up from its front
 *
 * A cache from a name's address to its hash stands in front: sites are static strings, so an
 * address never changes its content.
 *
 * A run draws all day, of places all over `seen`: it is kept small enough to stay near the
 * processor. A slot is one number:
 *
 *   63                          16 15      10 9        0
 *   +-----------------------------+----------+----------+
 *   |  pair: site and entity, mixed  generation  count  |
 *   +-----------------------------+----------+----------+
 */
#include "sim/tape.h"

#include "base/span.h"
#include "sim/grow.h"
#include "sim/mix.h"

#include <stdlib.h>

#define SITE_CACHE_BITS 9u /* log2 of how many addresses are remembered */
#define SEEN_BITS_MIN 10u  /* log2 of the slots at the start */
#define COUNT_BITS 10u
#define GENERATION_BITS 6u
#define COUNT_MAX ((UINT64_C(1) << COUNT_BITS) - 1)
#define GENERATION_MAX ((UINT64_C(1) << GENERATION_BITS) - 1)
#define PAIR_SHIFT (COUNT_BITS + GENERATION_BITS)
#define SEED_MIXES 8u /* occurrences for which the seed is mixed ahead */
#define LINE_SIZE_MAX 512u

struct site {
    const char *name;
    uint64_t hash;
};

/* A pair that was asked for COUNT_MAX times and more: there are few. */
struct often {
    uint64_t pair, count;
};

struct entry {
    uint64_t site, entity, occurrence, value;
    bool read;
};

struct sim_tape {
    bool is_plain; /* all draws are the default and the seed's, and none is recorded */
    uint64_t seed;
    uint64_t seed_mixes[SEED_MIXES]; /* seed_for of it, by occurrence */
    bool zero;                       /* the default is 0, not the seed's */
    uint64_t clock, diverge_from, diverge_seed;
    uint64_t loose_seed; /* 0: none */
    struct site sites[1u << SITE_CACHE_BITS];

    uint64_t *seen; /* slots of another generation are empty */
    unsigned seen_bits;
    size_t seen_used;
    uint64_t generation; /* never 0, which fresh slots have */
    struct often *often;
    size_t often_count, often_capacity;

    struct entry *entries; /* in the order of the file */
    size_t entry_count, entry_capacity;
    size_t *slots; /* open-addressed: 0 is empty, else an index into entries, plus 1 */
    size_t slot_count;
    char **names; /* of loaded sites, owned */
    size_t name_count, name_capacity;
    const char **entry_names;
    size_t entry_name_capacity;

    struct hf_span feed;

    bool recording;
    struct sim_drawn *drawn;
    size_t drawn_count, drawn_capacity;
};

struct sim_tape *
sim_tape_open(void)
{
    struct sim_tape *tape = sim_new(sizeof *tape);

    tape->seen_bits = SEEN_BITS_MIN;
    tape->seen = sim_new(sizeof *tape->seen << tape->seen_bits);
    sim_tape_reset(tape, 0);
    return tape;
}

static void
forget_explicit(struct sim_tape *tape)
{
    for (size_t i = 0; i < tape->name_count; i++)
        free(tape->names[i]);
    tape->name_count = 0;
    tape->entry_count = 0;
    free(tape->slots);
    tape->slots = NULL;
    tape->slot_count = 0;
}

void
sim_tape_close(struct sim_tape *tape)
{
    if (tape == NULL)
        return;
    forget_explicit(tape);
    free(tape->names);
    free(tape->entries);
    free(tape->entry_names);
    free(tape->seen);
    free(tape->often);
    free(tape->drawn);
    free(tape);
}

void
sim_tape_rewind(struct sim_tape *tape)
{
    if (++tape->generation > GENERATION_MAX) {
        memset(tape->seen, 0, sizeof *tape->seen << tape->seen_bits);
        tape->generation = 1;
    }
    tape->seen_used = 0;
    tape->often_count = 0;
    tape->drawn_count = 0;
    tape->clock = 0;
    for (size_t i = 0; i < tape->entry_count; i++)
        tape->entries[i].read = false;
}

/* The seed for the nth draw of a place, counted from 0. */
static uint64_t
seed_for(uint64_t seed, uint64_t occurrence)
{
    return sim_mix(seed ^ sim_mix(occurrence));
}

static void
set_seed(struct sim_tape *tape, uint64_t seed)
{
    tape->seed = seed;
    for (unsigned i = 0; i < SEED_MIXES; i++)
        tape->seed_mixes[i] = seed_for(seed, i);
}

void
sim_tape_reset(struct sim_tape *tape, uint64_t seed)
{
    forget_explicit(tape);
    sim_tape_rewind(tape);
    set_seed(tape, seed);
    tape->is_plain = !tape->recording;
    tape->zero = false;
    tape->feed = hf_span(NULL, 0);
    tape->diverge_from = UINT64_MAX;
    tape->loose_seed = 0;
}

void
sim_tape_feed(struct sim_tape *tape, struct hf_span bytes)
{
    tape->feed = bytes;
    tape->is_plain = tape->is_plain && bytes.len == 0;
}

void
sim_tape_zero(struct sim_tape *tape)
{
    tape->zero = true;
    tape->is_plain = false;
}

void
sim_tape_loosen(struct sim_tape *tape, uint64_t seed)
{
    tape->loose_seed = seed;
}

bool
sim_tape_is_loose(const char *site)
{
    static const char *const heads[] = { "cut.",         "crash.",       "garbage.",
                                         "locate.",      "media.",       "bit_flip.",
                                         "zero_sector.", "file_loss.",   "file_swap.",
                                         "sync_error.",  "write_error.", "read_error." };

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strncmp(site, heads[i], strlen(heads[i])) == 0)
            return true;
    }
    return false;
}

void
sim_tape_clock(struct sim_tape *tape, uint64_t now)
{
    tape->clock = now;
}

void
sim_tape_diverge(struct sim_tape *tape, uint64_t from, uint64_t seed)
{
    tape->is_plain = false;
    tape->diverge_from = from;
    tape->diverge_seed = seed;
}

/* ---- the tables -------------------------------------------------------------------------- */

static uint64_t
site_hash(struct sim_tape *tape, const char *name)
{
    uint64_t spread = (uint64_t)(uintptr_t)name * SIM_MIX_A;
    struct site *site = &tape->sites[spread >> (64 - SITE_CACHE_BITS)];

    if (site->name != name)
        *site = (struct site){ .name = name, .hash = sim_mix_name(name) };
    return site->hash;
}

static bool
is_empty(const struct sim_tape *tape, uint64_t slot)
{
    return (slot >> COUNT_BITS & GENERATION_MAX) != tape->generation;
}

/* The slot of the pair: its own, or the empty one where it belongs. That two pairs share the
 * bits that tell them apart is not to be expected. */
static uint64_t *
seen_slot(struct sim_tape *tape, uint64_t pair)
{
    size_t mask = ((size_t)1 << tape->seen_bits) - 1;
    size_t i = (size_t)(pair >> (64 - tape->seen_bits));

    for (;; i = (i + 1) & mask) {
        uint64_t *slot = &tape->seen[i];
        if (is_empty(tape, *slot) || (*slot ^ pair) >> PAIR_SHIFT == 0)
            return slot;
    }
}

static void
seen_double(struct sim_tape *tape)
{
    uint64_t *old = tape->seen;
    size_t old_size = (size_t)1 << tape->seen_bits++;

    tape->seen = sim_new(sizeof *tape->seen << tape->seen_bits);
    for (size_t i = 0; i < old_size; i++) {
        if (!is_empty(tape, old[i]))
            *seen_slot(tape, old[i]) = old[i];
    }
    free(old);
}

static uint64_t
next_of_often(struct sim_tape *tape, uint64_t pair)
{
    for (size_t i = 0; i < tape->often_count; i++) {
        if (tape->often[i].pair == pair)
            return tape->often[i].count++;
    }
    sim_grow(&tape->often, &tape->often_capacity, tape->often_count + 1, sizeof *tape->often);
    tape->often[tape->often_count++] = (struct often){ pair, COUNT_MAX + 1 };
    return COUNT_MAX;
}

static uint64_t
next_occurrence(struct sim_tape *tape, uint64_t pair)
{
    uint64_t *slot = seen_slot(tape, pair);
    uint64_t count = *slot & COUNT_MAX;

    if (!is_empty(tape, *slot)) {
        if (count == COUNT_MAX)
            return next_of_often(tape, pair);
        ++*slot;
        return count;
    }
    if (++tape->seen_used > (size_t)1 << tape->seen_bits >> 1) {
        seen_double(tape);
        slot = seen_slot(tape, pair);
    }
    *slot = pair >> PAIR_SHIFT << PAIR_SHIFT | tape->generation << COUNT_BITS | 1;
    return 0;
}

/* The slot of an explicit draw: its own, or the empty one where it belongs. */
static size_t *
entry_slot(struct sim_tape *tape, uint64_t site, uint64_t entity, uint64_t occurrence)
{
    size_t mask = tape->slot_count - 1;
    size_t i = (size_t)sim_mix_in(sim_mix_in(site, entity), occurrence) & mask;

    for (;; i = (i + 1) & mask) {
        const struct entry *entry;
        if (tape->slots[i] == 0)
            return &tape->slots[i];
        entry = &tape->entries[tape->slots[i] - 1];
        if (entry->site == site && entry->entity == entity && entry->occurrence == occurrence)
            return &tape->slots[i];
    }
}

/* A new explicit draw, behind the others; `name` stays. Its slot is found by index_entries. */
static void
add_entry(struct sim_tape *tape, const char *name, struct entry entry)
{
    sim_grow(&tape->entries, &tape->entry_capacity, tape->entry_count + 1,
             sizeof *tape->entries);
    sim_grow(&tape->entry_names, &tape->entry_name_capacity, tape->entry_count + 1,
             sizeof *tape->entry_names);
    tape->entry_names[tape->entry_count] = name;
    tape->entries[tape->entry_count++] = entry;
}

/* The next number below `bound` from what is fed: as many bytes as can tell all of them apart,
 * the lowest first. */
static uint64_t
draw_fed(struct sim_tape *tape, uint64_t bound)
{
    const uint8_t *at = tape->feed.at;
    uint64_t value = 0;
    size_t used = 0;

    for (uint64_t left = bound - 1; left > 0 && used < tape->feed.len; left >>= 8, used++)
        value |= (uint64_t)at[used] << used * 8;
    tape->feed = hf_span(at + used, tape->feed.len - used);
    return value % bound;
}

/* ---- drawing ----------------------------------------------------------------------------- */

/* A number below `bound` that follows from the place and `mixed`, of seed_for. */
static uint64_t
keyed(uint64_t key, uint64_t mixed, uint64_t bound)
{
    return sim_mix_below(sim_mix(key ^ mixed), bound);
}

/* The same by the tape's own seed: most draws of a place are its first. */
static uint64_t
keyed_by_seed(const struct sim_tape *tape, uint64_t key, uint64_t occurrence, uint64_t bound)
{
    uint64_t mixed = occurrence < SEED_MIXES ? tape->seed_mixes[occurrence]
                                             : seed_for(tape->seed, occurrence);

    return keyed(key, mixed, bound);
}

/* The nth draw of a place, `occurrence` being n. */
struct place {
    const char *name;
    uint64_t site, entity, key, occurrence;
};

/* A draw that may be explicit, fed, of another seed or nothing at all, and may be recorded. It
 * stays out of the way of the plain one. */
static __attribute__((noinline)) uint64_t
draw_otherwise(struct sim_tape *tape, const struct place *at, uint64_t bound)
{
    const size_t *slot =
        tape->slot_count == 0 ? NULL : entry_slot(tape, at->site, at->entity, at->occurrence);
    uint64_t value = 0;

    if (tape->clock >= tape->diverge_from) {
        value = keyed(at->key, seed_for(tape->diverge_seed, at->occurrence), bound);
    } else if (slot != NULL && *slot != 0) {
        tape->entries[*slot - 1].read = true;
        value = tape->entries[*slot - 1].value % bound;
    } else if (tape->feed.len > 0 && bound > 1) {
        value = draw_fed(tape, bound);
        add_entry(tape, at->name,
                  (struct entry){ at->site, at->entity, at->occurrence, value, true });
    } else if (!tape->zero) {
        value = keyed_by_seed(tape, at->key, at->occurrence, bound);
    } else if (tape->loose_seed != 0 && sim_tape_is_loose(at->name)) {
        value = keyed(at->key, seed_for(tape->loose_seed, at->occurrence), bound);
    }
    if (tape->recording) {
        sim_grow(&tape->drawn, &tape->drawn_capacity, tape->drawn_count + 1,
                 sizeof *tape->drawn);
        tape->drawn[tape->drawn_count++] = (struct sim_drawn){ at->name,       at->entity,
                                                               at->occurrence, value,
                                                               bound,          tape->clock };
    }
    return value;
}

uint64_t
sim_draw(struct sim_tape *tape, const char *name, uint64_t entity, uint64_t bound)
{
    uint64_t site = site_hash(tape, name);
    uint64_t key = sim_mix_in(site, entity);
    uint64_t occurrence = next_occurrence(tape, key);

    if (tape->is_plain)
        return keyed_by_seed(tape, key, occurrence, bound);
    struct place place = { name, site, entity, key, occurrence };
    return draw_otherwise(tape, &place, bound);
}

bool
sim_draw_chance(struct sim_tape *tape, const char *site, uint64_t entity, uint64_t numerator,
                uint64_t denominator)
{
    if (numerator == 0)
        return false;
    if (numerator >= denominator)
        return true;
    return sim_draw(tape, site, entity, denominator) >= denominator - numerator;
}

/* ---- saved tapes ------------------------------------------------------------------------- */

void
sim_tape_record(struct sim_tape *tape, bool record)
{
    tape->recording = record;
    tape->is_plain = tape->is_plain && !record;
}

void
sim_tape_save(const struct sim_tape *tape, FILE *file)
{
    fputs("holdfast-tape 1\n", file);
    if (tape->zero)
        fputs("default zero\n", file);
    else
        fprintf(file, "default seed %llu\n", (unsigned long long)tape->seed);
    for (size_t i = 0; tape->recording && i < tape->drawn_count; i++) {
        const struct sim_drawn *drawn = &tape->drawn[i];
        fprintf(file, "%s %llu %llu %llu\n", drawn->site, (unsigned long long)drawn->entity,
                (unsigned long long)drawn->occurrence, (unsigned long long)drawn->value);
    }
    for (size_t i = 0; !tape->recording && i < tape->entry_count; i++) {
        const struct entry *entry = &tape->entries[i];
        fprintf(file, "%s %llu %llu %llu\n", tape->entry_names[i],
                (unsigned long long)entry->entity, (unsigned long long)entry->occurrence,
                (unsigned long long)entry->value);
    }
}

size_t
sim_tape_drawn(const struct sim_tape *tape, const struct sim_drawn **drawn)
{
    *drawn = tape->drawn;
    return tape->drawn_count;
}

uint64_t
sim_tape_unread(const struct sim_tape *tape, struct sim_drawn *first)
{
    uint64_t unread = 0;

    for (size_t i = 0; i < tape->entry_count; i++) {
        const struct entry *entry = &tape->entries[i];
        if (entry->read)
            continue;
        if (unread++ == 0)
            *first = (struct sim_drawn){ .site = tape->entry_names[i],
                                         .entity = entry->entity,
                                         .occurrence = entry->occurrence,
                                         .value = entry->value };
    }
    return unread;
}

/* A decimal number that ends the word; false if it is none or does not fit. */
static bool
parse_number(const char *word, uint64_t *number)
{
    *number = 0;
    if (*word == '\0')
        return false;
    for (; *word != '\0'; word++) {
        uint64_t digit = (uint64_t)(*word - '0');
        if (*word < '0' || *word > '9' || *number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

/* Cuts `line` at its spaces; returns the number of words, at most `most` + 1. */
static size_t
split(char *line, char **words, size_t most)
{
    size_t count = 0;
    char *at = line;

    while (*at != '\0') {
        if (count == most)
            return most + 1;
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    return count;
}

static const char *
intern(struct sim_tape *tape, const char *name)
{
    size_t size = strlen(name) + 1;

    for (size_t i = tape->name_count; i > 0; i--) {
        if (strcmp(tape->names[i - 1], name) == 0)
            return tape->names[i - 1];
    }
    sim_grow(&tape->names, &tape->name_capacity, tape->name_count + 1, sizeof *tape->names);
    tape->names[tape->name_count] = sim_new(size);
    memcpy(tape->names[tape->name_count], name, size);
    return tape->names[tape->name_count++];
}

/* One line of a saved tape; NULL, or why it is malformed. */
static const char *
load_line(struct sim_tape *tape, char *line, unsigned number)
{
    char *words[4];
    size_t count = split(line, words, 4);
    struct entry entry = { 0 };

    if (number == 1)
        return count == 2 && strcmp(words[0], "holdfast-tape") == 0 &&
                       strcmp(words[1], "1") == 0
                   ? NULL
                   : "a saved tape begins with \"holdfast-tape 1\"";
    if (number == 2) {
        bool is_default = count >= 2 && strcmp(words[0], "default") == 0;
        uint64_t seed = tape->seed;
        tape->zero = is_default && count == 2 && strcmp(words[1], "zero") == 0;
        if (tape->zero || (is_default && count == 3 && strcmp(words[1], "seed") == 0 &&
                           parse_number(words[2], &seed))) {
            set_seed(tape, seed);
            return NULL;
        }
        return "the second line is \"default seed N\" or \"default zero\"";
    }
    if (count != 4 || !parse_number(words[1], &entry.entity) ||
        !parse_number(words[2], &entry.occurrence) || !parse_number(words[3], &entry.value))
        return "a draw is \"SITE ENTITY OCCURRENCE VALUE\"";
    entry.site = sim_mix_name(words[0]);
    add_entry(tape, intern(tape, words[0]), entry);
    return NULL;
}

/* True; or false, and *again is an entry for the place of an earlier one. */
static bool
index_entries(struct sim_tape *tape, size_t *again)
{
    bool good = true;

    free(tape->slots);
    tape->slots = NULL;
    tape->slot_count = 0;
    if (tape->entry_count == 0)
        return true;
    tape->is_plain = false;
    tape->slot_count = 16;
    while (tape->slot_count < tape->entry_count * 2)
        tape->slot_count *= 2;
    tape->slots = sim_new(tape->slot_count * sizeof *tape->slots);
    for (size_t i = 0; i < tape->entry_count; i++) {
        const struct entry *entry = &tape->entries[i];
        size_t *slot = entry_slot(tape, entry->site, entry->entity, entry->occurrence);
        if (*slot == 0) {
            *slot = i + 1;
        } else if (good) {
            *again = i;
            good = false;
        }
    }
    return good;
}

void
sim_tape_fix(struct sim_tape *tape, const struct sim_drawn *draws, size_t count)
{
    size_t again;

    for (size_t i = 0; i < count; i++)
        add_entry(tape, draws[i].site,
                  (struct entry){ .site = sim_mix_name(draws[i].site),
                                  .entity = draws[i].entity,
                                  .occurrence = draws[i].occurrence,
                                  .value = draws[i].value });
    index_entries(tape, &again);
}

/* Reads a line without its end; NULL, or why there is none. *more is false at the end. */
static const char *
read_line(char *line, FILE *file, bool *more)
{
    size_t len;

    *more = fgets(line, LINE_SIZE_MAX, file) != NULL;
    if (!*more)
        return ferror(file) ? "the file cannot be read" : NULL;
    len = strlen(line);
    if (len > 0 && line[len - 1] == '\n')
        line[len - 1] = '\0';
    else if (!feof(file))
        return "the line is too long, or holds a zero byte";
    return NULL;
}

bool
sim_tape_load(struct sim_tape *tape, FILE *file, struct hf_error *error)
{
    char line[LINE_SIZE_MAX];
    const char *why = NULL;
    unsigned number = 0;
    size_t again;
    bool more = true;

    sim_tape_reset(tape, 0);
    while (why == NULL && more) {
        number++;
        why = read_line(line, file, &more);
        if (why == NULL && more)
            why = load_line(tape, line, number);
    }
    if (why == NULL && number < 3)
        why = number == 1 ? "the file is empty" : "the tape ends before its default";
    if (why == NULL && index_entries(tape, &again))
        return true;
    if (why == NULL) {
        why = "the same draw stands in an earlier line";
        number = (unsigned)again + 3;
    }
    sim_tape_reset(tape, 0);
    error->code = HF_ERR_INVALID;
    snprintf(error->text, sizeof error->text, "%u: %s", number, why);
    return false;
}
