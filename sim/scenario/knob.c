/*
 * knob.c - the table of parameters.
 *
 * The first choice of each default is the ordinary one, since draw 0 takes it.
 */
#include "sim/scenario/knob.h"

#include "base/assert.h"
#include "cli/nearest.h"
#include "sim/machine/machine.h"

#include <stdio.h>
#include <string.h>

enum knob_type { TYPE_WORD, TYPE_COUNT, TYPE_SIZE, TYPE_TIME, TYPE_POWER, TYPE_SPREAD };

#define WORDS_MAX 6u

struct knob_info {
    const char *name;
    const char *text;
    enum sim_knob_group group;
    enum knob_type type; /* POWER: a size, a power of two; SPREAD: sizes, kept as a range */
    const char *words[WORDS_MAX]; /* of TYPE_WORD */
    const char *ordinary;         /* the default choices */
    uint64_t least, largest;      /* what may be pinned */
};

#define E SIM_GROUP_ENGINE
#define D SIM_GROUP_DISK
#define W SIM_GROUP_WORKLOAD
#define WEIGHT(name, ordinary, text)                                                           \
    {                                                                                          \
        name, text, W, TYPE_COUNT, { 0 }, ordinary, 0, 10000                                   \
    }

/* clang-format off */
static const struct knob_info knobs[SIM_KNOB_COUNT] = {
    [SIM_KNOB_MODE] = { "mode",
                        "when a commit is acknowledged",
                        E,
                        TYPE_WORD,
                        { "buffered", "strict", "memory" },
                        "buffered|strict",
                        0,
                        2 },
    [SIM_KNOB_SECTOR] = { "sector",
                          "what the engine takes for the device's grain",
                          E,
                          TYPE_POWER,
                          { 0 },
                          "512|1KiB|4KiB",
                          512,
                          65536 },
    [SIM_KNOB_SEGMENT] = { "segment",
                           "the largest log segment",
                           E,
                           TYPE_SIZE,
                           { 0 },
                           "64KiB|8KiB|16KiB|8KiB..128KiB",
                           4096,
                           1u << 30 },
    [SIM_KNOB_MEMORY_LIMIT] = { "memory_limit",
                                "of all that the handle holds; 0: none",
                                E,
                                TYPE_SIZE,
                                { 0 },
                                "0",
                                0,
                                UINT64_MAX },
    [SIM_KNOB_KEEP] = { "keep",
                        "how many versions back reads may go",
                        E,
                        TYPE_COUNT,
                        { 0 },
                        "all|0|1..10|10..100",
                        0,
                        UINT64_MAX },
    [SIM_KNOB_SYNC_INTERVAL] = { "sync_interval",
                                 "buffered: a sync starts after this time",
                                 E,
                                 TYPE_TIME,
                                 { 0 },
                                 "100ms|1ms..20ms",
                                 1000,
                                 UINT64_MAX },
    [SIM_KNOB_SYNC_BATCH] = { "sync_batch",
                              "buffered: a sync starts after so many commits",
                              E,
                              TYPE_COUNT,
                              { 0 },
                              "1000|1..30",
                              1,
                              UINT64_MAX },
    [SIM_KNOB_SYNC_BYTES] = { "sync_bytes",
                              "buffered: a sync starts after so many bytes",
                              E,
                              TYPE_SIZE,
                              { 0 },
                              "1MiB|1KiB..32KiB",
                              1,
                              UINT64_MAX },
    [SIM_KNOB_LOSS_TIME] = { "loss_time",
                             "buffered: writers wait before more time is at risk",
                             E,
                             TYPE_TIME,
                             { 0 },
                             "1s",
                             1000,
                             UINT64_MAX },
    [SIM_KNOB_LOSS_BYTES] = { "loss_bytes",
                              "buffered: writers wait before more bytes are",
                              E,
                              TYPE_SIZE,
                              { 0 },
                              "64MiB",
                              1,
                              UINT64_MAX },
    [SIM_KNOB_THREADS] = { "threads",
                           "one: no locks; many: others act during a sync",
                           E,
                           TYPE_WORD,
                           { "one", "many" },
                           "one|many",
                           0,
                           1 },
    [SIM_KNOB_SETTINGS] = { "settings",
                            "anew: each open draws the engine's options again",
                            E,
                            TYPE_WORD,
                            { "same", "anew" },
                            "same",
                            0,
                            1 },

    [SIM_KNOB_PERSONALITY] = { "personality",
                               "what a power cut may do",
                               D,
                               TYPE_WORD,
                               { "posix_worst", "sequential", "ext4_ordered",
                                 "ext4_writeback", "xfs", "btrfs" },
                               "posix_worst",
                               0,
                               SIM_PERSONALITY_COUNT - 1 },
    [SIM_KNOB_DEVICE_SECTOR] = { "sector",
                                 "the device's grain; drawn up to the engine's",
                                 D,
                                 TYPE_POWER,
                                 { 0 },
                                 "512|1KiB|4KiB",
                                 512,
                                 65536 },
    [SIM_KNOB_CAPACITY] = { "capacity",
                            "of the disk; 0: no limit",
                            D,
                            TYPE_SIZE,
                            { 0 },
                            "0",
                            0,
                            UINT64_MAX },

    [SIM_KNOB_DEVICE] = { "device",
                          "what the storage below promises",
                          D,
                          TYPE_WORD,
                          { "consumer_ssd", "plp_nvme", "liar" },
                          "consumer_ssd",
                          0,
                          SIM_DEVICE_COUNT - 1 },
    [SIM_KNOB_REGIME] = { "regime",
                          "how often rules of every= and chance= strike",
                          D,
                          TYPE_WORD,
                          { "storm", "rare", "burst", "none" },
                          "storm",
                          0,
                          SIM_REGIME_COUNT - 1 },

    [SIM_KNOB_KEYS] = { "keys",
                        "how many keys there are",
                        W,
                        TYPE_COUNT,
                        { 0 },
                        "16|4..64|64..200",
                        1,
                        4096 },
    [SIM_KNOB_SKEW] = { "skew",
                        "how keys are chosen",
                        W,
                        TYPE_WORD,
                        { "uniform", "zipf" },
                        "uniform|zipf",
                        0,
                        1 },
    [SIM_KNOB_STEPS] = { "steps",
                         "operations of a run",
                         W,
                         TYPE_COUNT,
                         { 0 },
                         "20..100",
                         1,
                         1000000 },
    [SIM_KNOB_VALUE] = { "value",
                         "sizes of values",
                         W,
                         TYPE_SPREAD,
                         { 0 },
                         "16..64|0..600|16..2KiB",
                         0,
                         1u << 24 },
    [SIM_KNOB_BATCH] = { "batch",
                         "operations of a transaction",
                         W,
                         TYPE_SPREAD,
                         { 0 },
                         "1..6|1..20",
                         1,
                         64 },
    [SIM_KNOB_DURABLE] = { "durable",
                           "of 100 commits, those that ask for HF_DURABLE",
                           W,
                           TYPE_COUNT,
                           { 0 },
                           "0|1..30",
                           0,
                           100 },
    [SIM_KNOB_NESTED] = { "nested",
                          "of 100 syncs, those that others act in",
                          W,
                          TYPE_COUNT,
                          { 0 },
                          "50",
                          0,
                          100 },
    [SIM_KNOB_PUT] = WEIGHT("put", "10..60", "weight: a put"),
    [SIM_KNOB_DELETE] = WEIGHT("delete", "0|1..20", "weight: a delete"),
    [SIM_KNOB_CAS] = WEIGHT("cas", "0|1..20", "weight: a compare-and-set"),
    [SIM_KNOB_TXN] = WEIGHT("txn", "0|1..30", "weight: a batch, some with checks"),
    [SIM_KNOB_GET] = WEIGHT("get", "0|1..10", "weight: a point read"),
    [SIM_KNOB_GET_MANY] = WEIGHT("get_many", "0|1..4", "weight: many point reads at once"),
    [SIM_KNOB_SCAN] = WEIGHT("scan", "0|1..4", "weight: an iteration, either way"),
    [SIM_KNOB_AS_OF] = WEIGHT("as_of", "0|1..4", "weight: a read of an older version"),
    [SIM_KNOB_SYNC] = WEIGHT("sync", "0|1..4", "weight: hf_sync"),
    [SIM_KNOB_WAIT] = WEIGHT("wait", "0|1..4", "weight: hf_wait_durable of a random version"),
    [SIM_KNOB_WORK] = WEIGHT("work", "4|0|1..20", "weight: steps of background work"),
    [SIM_KNOB_NAP] = WEIGHT("nap", "0|1..8", "weight: time passes"),
    [SIM_KNOB_VERIFY] = WEIGHT("verify", "0|1", "weight: hf_verify"),
    [SIM_KNOB_REOPEN] = WEIGHT("reopen", "0|1|2", "weight: a clean close, and open again"),
    [SIM_KNOB_FLUSH] = WEIGHT("flush", "0|1", "weight: hf_flush, all commits into tables"),
    [SIM_KNOB_COMPACT] = WEIGHT("compact", "0|0|1", "weight: hf_compact, all tables merged"),
    [SIM_KNOB_HOLD] = WEIGHT("hold", "0|1..4", "weight: a view opens and stays, or is read"),
    [SIM_KNOB_SNAPSHOT] = WEIGHT("snapshot", "0", "weight: hf_snapshot_save, full or not"),
    [SIM_KNOB_RESTORE] = WEIGHT("restore", "0", "weight: hf_restore, or a look at it"),
    [SIM_KNOB_CHECKPOINT] = WEIGHT("checkpoint", "0", "weight: hf_checkpoint, or a look at it"),
    [SIM_KNOB_SALVAGE] = WEIGHT("salvage", "0", "weight: hf_salvage, also before opens"),
    [SIM_KNOB_SECOND] = WEIGHT("second", "0", "weight: a second handle, which is BUSY"),
    [SIM_KNOB_DELETE_RANGE] = WEIGHT("delete_range", "0|0|1..3", "weight: a deleted range"),
    [SIM_KNOB_IDLE] = WEIGHT("idle", "0", "weight: nothing is done"),
};
/* clang-format on */

_Static_assert(HF_MODE_BUFFERED == 0 && HF_MODE_STRICT == 1 && HF_MODE_MEMORY == 2,
               "the words of mode= stand in the order of enum hf_mode");
_Static_assert(SIM_POSIX_WORST == 0 && SIM_SEQUENTIAL == 1 && SIM_EXT4_ORDERED == 2 &&
                   SIM_EXT4_WRITEBACK == 3 && SIM_XFS == 4 && SIM_BTRFS == 5,
               "the words of personality= stand in the order of enum sim_personality");
_Static_assert(SIM_CONSUMER_SSD == 0 && SIM_PLP_NVME == 1 && SIM_LIAR == 2 && SIM_STORM == 0 &&
                   SIM_RARE == 1 && SIM_BURST == 2 && SIM_CALM == 3,
               "and those of device= and regime= in that of theirs");

const char *
sim_knob_name(enum sim_knob knob)
{
    return knobs[knob].name;
}

const char *
sim_knob_text(enum sim_knob knob)
{
    return knobs[knob].text;
}

enum sim_knob_group
sim_knob_group(enum sim_knob knob)
{
    return knobs[knob].group;
}

const char *
sim_knob_default(enum sim_knob knob)
{
    return knobs[knob].ordinary;
}

const char *
sim_group_name(enum sim_knob_group group)
{
    static const char *const names[] = { "engine", "disk", "workload" };

    return names[group];
}

int
sim_knob_find(enum sim_knob_group group, const char *name, char hint[SIM_HINT_SIZE])
{
    const char *best = NULL;
    size_t changes = 0;

    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        if (knobs[i].group != group)
            continue;
        if (strcmp(knobs[i].name, name) == 0)
            return (int)i;
        hf_nearest_offer(&best, &changes, name, knobs[i].name);
    }
    sim_hint(hint, best);
    for (unsigned i = 0; best == NULL && i < SIM_KNOB_COUNT; i++) {
        if (strcmp(knobs[i].name, name) == 0)
            snprintf(hint, SIM_HINT_SIZE, " ('%s' does)", sim_group_name(knobs[i].group));
    }
    return -1;
}

/* ---- reading ----------------------------------------------------------------------------- */

static enum sim_unit
unit_of(enum knob_type type)
{
    switch (type) {
    case TYPE_WORD:
    case TYPE_COUNT:
        return SIM_COUNT;
    case TYPE_SIZE:
    case TYPE_POWER:
    case TYPE_SPREAD:
        return SIM_SIZE;
    case TYPE_TIME:
        return SIM_DURATION;
    }
    return SIM_COUNT;
}

/* The words of a knob as a list, for the time of one call. */
static const struct knob_info *listed;

static const char *
listed_word(unsigned index)
{
    return index < WORDS_MAX ? listed->words[index] : NULL;
}

static void
print_number(char *to, size_t size, enum sim_unit unit, uint64_t number)
{
    unsigned long long value = number;

    if (number == UINT64_MAX)
        snprintf(to, size, "all");
    else if (unit == SIM_SIZE && number != 0 && number % (1u << 20) == 0)
        snprintf(to, size, "%lluMiB", value >> 20);
    else if (unit == SIM_SIZE && number != 0 && number % (1u << 10) == 0)
        snprintf(to, size, "%lluKiB", value >> 10);
    else if (unit == SIM_DURATION)
        snprintf(to, size, value % 1000 == 0 ? "%llums" : "%lluus",
                 value % 1000 == 0 ? value / 1000 : value);
    else
        snprintf(to, size, "%llu", value);
}

static const char *
judge_range(const struct knob_info *info, struct sim_range range, char hint[SIM_HINT_SIZE])
{
    bool is_small = range.lo < info->least;
    char limit[24];

    if (is_small || range.hi > info->largest) {
        print_number(limit, sizeof limit, unit_of(info->type),
                     is_small ? info->least : info->largest);
        snprintf(hint, SIM_HINT_SIZE, is_small ? " (at least %s)" : " (at most %s)", limit);
        return is_small ? "the value is too small" : "the value is too large";
    }
    if (info->type == TYPE_POWER && ((range.lo & (range.lo - 1)) != 0 || range.lo != range.hi))
        return "a power of two is wanted";
    return NULL;
}

const char *
sim_knob_parse(enum sim_knob knob, struct sim_choice *choice, const char *text,
               char hint[SIM_HINT_SIZE])
{
    const struct knob_info *info = &knobs[knob];
    const char *wrong;

    hint[0] = 0;
    if (info->type == TYPE_WORD) {
        listed = info;
        return sim_words_parse(choice, listed_word, text, hint);
    }
    wrong = sim_choice_parse(choice, unit_of(info->type), text);
    for (unsigned i = 0; wrong == NULL && i < choice->count; i++)
        wrong = judge_range(info, choice->of[i], hint);
    return wrong;
}

/* ---- drawing and printing ---------------------------------------------------------------- */

/* Which choice, and with ".in" where in its range: a static string, made when it is wanted. */
static const char *
site_of(enum sim_knob knob, const char *part)
{
    static char sites[SIM_KNOB_COUNT][2][40];
    char *site = sites[knob][part[0] != 0];

    if (site[0] == 0)
        snprintf(site, sizeof sites[0][0], "knob.%s.%s%s", sim_group_name(knobs[knob].group),
                 knobs[knob].name, part);
    return site;
}

void
sim_knob_make_sites(void)
{
    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++) {
        site_of((enum sim_knob)knob, "");
        site_of((enum sim_knob)knob, ".in");
    }
}

struct sim_range
sim_knob_draw(enum sim_knob knob, const struct sim_choice *choice, struct sim_tape *tape,
              uint64_t entity)
{
    struct sim_range range;

    HF_ASSERT(choice->count > 0);
    range = choice->of[sim_draw(tape, site_of(knob, ""), entity, choice->count)];
    if (range.lo != range.hi && knobs[knob].type != TYPE_SPREAD) {
        uint64_t more = range.hi - range.lo;
        range.lo +=
            sim_draw(tape, site_of(knob, ".in"), entity, more == UINT64_MAX ? more : more + 1);
        range.hi = range.lo;
    }
    return range;
}

void
sim_knob_print(enum sim_knob knob, struct sim_range value, char to[SIM_HINT_SIZE])
{
    const struct knob_info *info = &knobs[knob];
    char lo[24], hi[24];

    if (info->type == TYPE_WORD) {
        snprintf(to, SIM_HINT_SIZE, "%s", info->words[value.lo]);
        return;
    }
    print_number(lo, sizeof lo, unit_of(info->type), value.lo);
    print_number(hi, sizeof hi, unit_of(info->type), value.hi);
    snprintf(to, SIM_HINT_SIZE, value.lo == value.hi ? "%s" : "%s..%s", lo, hi);
}
