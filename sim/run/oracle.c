/*
 * oracle.c - commits in an array, their changes in another, chained by key.
 *
 *    heads[key] --> change --older--> change --older--> NONE
 *
 * A deleted range is a change of each of its keys. Appending pushes changes in front of their
 * chains; giving up the newest commit takes them off again, so the model of any prefix is
 * reached by steps back and never rebuilt.
 */
#include "sim/run/oracle.h"

#include "base/assert.h"
#include "sim/grow.h"
#include "sim/run/keyspace.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct record {
    struct sim_change change;
    uint32_t older; /* the change of the same key before this one */
    uint64_t version;
};

struct commit {
    uint32_t first;   /* of its records */
    uint64_t time_us; /* when it was made, as reads said; 0: none has yet */
    bool doubtful;    /* the newest one only: it may not have happened */
};

/* The commit under way. */
struct flight {
    bool active;
    bool placed; /* it is the commit `version`, doubtful */
    uint64_t version;
    struct sim_change *changes;
    size_t capacity;
    unsigned count;
};

/* The commits behind version `base` that a recovery gave up and could not overwrite. */
struct end {
    uint64_t base;
    struct commit *commits; /* `first` counts from the first of the records below */
    size_t commit_count;
    struct record *records;
    size_t record_count;
};

struct sim_oracle {
    struct record *records;
    size_t record_capacity;
    uint32_t record_count;
    struct commit *commits;
    size_t commit_capacity;
    uint64_t last;
    uint64_t durable;
    uint64_t kept;
    uint32_t *heads;
    size_t head_capacity;
    uint32_t key_count;
    struct flight flight;
    struct end *ends;
    size_t end_count, end_capacity;
};

static void
free_end(struct end *end)
{
    free(end->commits);
    free(end->records);
}

static void
forget_ends(struct sim_oracle *oracle)
{
    while (oracle->end_count > 0)
        free_end(&oracle->ends[--oracle->end_count]);
}

struct sim_oracle *
sim_oracle_open(void)
{
    return sim_new(sizeof(struct sim_oracle));
}

void
sim_oracle_close(struct sim_oracle *oracle)
{
    free(oracle->records);
    free(oracle->commits);
    free(oracle->heads);
    free(oracle->flight.changes);
    forget_ends(oracle);
    free(oracle->ends);
    free(oracle);
}

void
sim_oracle_reset(struct sim_oracle *oracle, uint32_t key_count)
{
    sim_grow(&oracle->heads, &oracle->head_capacity, key_count, sizeof *oracle->heads);
    memset(oracle->heads, 0xFF, key_count * sizeof *oracle->heads);
    oracle->key_count = key_count;
    oracle->record_count = 0;
    oracle->last = oracle->durable = oracle->kept = 0;
    oracle->flight.active = false;
    forget_ends(oracle);
}

uint64_t
sim_oracle_last(const struct sim_oracle *oracle)
{
    return oracle->last;
}

uint64_t
sim_oracle_durable(const struct sim_oracle *oracle)
{
    return oracle->durable;
}

uint64_t
sim_oracle_kept(const struct sim_oracle *oracle)
{
    return oracle->kept;
}

struct sim_state
sim_oracle_state(const struct sim_oracle *oracle, uint32_t key, uint64_t version)
{
    uint32_t at = oracle->heads[key];

    while (at != NONE && oracle->records[at].version > version)
        at = oracle->records[at].older;
    if (at == NONE)
        return (struct sim_state){ .present = false };
    const struct record *record = &oracle->records[at];
    return (struct sim_state){ record->change.put, record->change.size, record->change.stamp,
                               record->version };
}

bool
sim_oracle_time(struct sim_oracle *oracle, uint64_t version, uint64_t time_us)
{
    HF_ASSERT(version > 0 && version <= oracle->last);
    struct commit *commit = &oracle->commits[version - 1];

    if (commit->time_us != 0)
        return commit->time_us == time_us;
    commit->time_us = time_us;
    return (version == 1 || commit[-1].time_us <= time_us) &&
           (version == oracle->last || commit[1].time_us == 0 || commit[1].time_us >= time_us);
}

uint64_t
sim_oracle_time_of(const struct sim_oracle *oracle, uint64_t version)
{
    HF_ASSERT(version > 0 && version <= oracle->last);
    return oracle->commits[version - 1].time_us;
}

struct sim_span
sim_oracle_newest_at(const struct sim_oracle *oracle, uint64_t last, uint64_t time_us,
                     uint64_t grain_us)
{
    struct sim_span span = { 0, last };

    HF_ASSERT(last <= oracle->last);
    for (uint64_t version = 1; version <= last; version++) {
        uint64_t at = oracle->commits[version - 1].time_us;
        if (at > time_us) {
            span.most = version - 1;
            break;
        }
        if (at != 0 && at / grain_us < time_us / grain_us)
            span.least = version;
    }
    return span;
}

/* ---- the end of the list ----------------------------------------------------------------- */

static void
append_record(struct sim_oracle *oracle, struct sim_change change)
{
    uint32_t *head = &oracle->heads[change.key];

    HF_ASSERT(change.key < oracle->key_count);
    sim_grow(&oracle->records, &oracle->record_capacity, oracle->record_count + 1,
             sizeof *oracle->records);
    oracle->records[oracle->record_count] = (struct record){ change, *head, oracle->last };
    *head = oracle->record_count++;
}

static void
append_commit(struct sim_oracle *oracle, struct commit commit)
{
    sim_grow(&oracle->commits, &oracle->commit_capacity, oracle->last + 1,
             sizeof *oracle->commits);
    commit.first = oracle->record_count;
    oracle->commits[oracle->last++] = commit;
}

static void
append(struct sim_oracle *oracle, const struct sim_change *changes, unsigned count,
       bool doubtful)
{
    append_commit(oracle, (struct commit){ .doubtful = doubtful });
    for (unsigned i = 0; i < count; i++) {
        struct sim_change change = changes[i];
        do {
            append_record(oracle, change);
            change.key++;
        } while (change.key < change.limit);
    }
}

static void
give_up_newest(struct sim_oracle *oracle)
{
    uint32_t first = oracle->commits[--oracle->last].first;

    while (oracle->record_count > first) {
        const struct record *record = &oracle->records[--oracle->record_count];
        oracle->heads[record->change.key] = record->older;
    }
}

static void
give_up_behind(struct sim_oracle *oracle, uint64_t version)
{
    while (oracle->last > version)
        give_up_newest(oracle);
}

bool
sim_oracle_is_in_doubt(const struct sim_oracle *oracle)
{
    return oracle->last > 0 && oracle->commits[oracle->last - 1].doubtful;
}

/*
 * Appends what has come back with `version`. Where the commit before it was in doubt, the same
 * number again says that it did not happen, the next number that it did.
 */
static bool
append_known(struct sim_oracle *oracle, const struct sim_change *changes, unsigned count,
             uint64_t version)
{
    if (sim_oracle_is_in_doubt(oracle)) {
        if (version == oracle->last)
            give_up_newest(oracle);
        else
            oracle->commits[oracle->last - 1].doubtful = false;
    }
    if (version != oracle->last + 1)
        return false;
    append(oracle, changes, count, false);
    oracle->kept = version;
    forget_ends(oracle); /* the log goes on behind another commit now */
    return true;
}

/* ---- the commit under way ---------------------------------------------------------------- */

void
sim_oracle_call(struct sim_oracle *oracle, const struct sim_change *changes, unsigned count)
{
    struct flight *flight = &oracle->flight;

    sim_grow(&flight->changes, &flight->capacity, count, sizeof *flight->changes);
    memcpy(flight->changes, changes, count * sizeof *changes);
    flight->count = count;
    flight->active = true;
    flight->placed = false;
}

static void
place(struct sim_oracle *oracle)
{
    struct flight *flight = &oracle->flight;

    if (sim_oracle_is_in_doubt(oracle))
        give_up_newest(oracle);
    append(oracle, flight->changes, flight->count, true);
    flight->placed = true;
    flight->version = oracle->last;
}

bool
sim_oracle_return(struct sim_oracle *oracle, uint64_t version)
{
    struct flight *flight = &oracle->flight;

    flight->active = false;
    if (!flight->placed)
        return append_known(oracle, flight->changes, flight->count, version);
    oracle->commits[flight->version - 1].doubtful = false;
    if (oracle->kept < flight->version)
        oracle->kept = flight->version;
    forget_ends(oracle);
    return version == flight->version;
}

bool
sim_oracle_refuse(struct sim_oracle *oracle)
{
    oracle->flight.active = false;
    return !oracle->flight.placed;
}

void
sim_oracle_doubt(struct sim_oracle *oracle)
{
    if (oracle->flight.active && !oracle->flight.placed)
        place(oracle);
    oracle->flight.active = false;
}

bool
sim_oracle_nested(struct sim_oracle *oracle, const struct sim_change *changes, unsigned count,
                  uint64_t version)
{
    struct flight *flight = &oracle->flight;

    if (flight->active && !flight->placed) {
        uint64_t next = oracle->last + 1 - (sim_oracle_is_in_doubt(oracle) ? 1 : 0);
        if (version == next + 1)
            place(oracle);
    }
    if (flight->active && flight->placed && oracle->last == flight->version) {
        /* The one under way is no longer the newest: it is known to have its place. */
        oracle->commits[flight->version - 1].doubtful = false;
    }
    return append_known(oracle, changes, count, version);
}

void
sim_oracle_seen(struct sim_oracle *oracle, uint64_t version)
{
    struct flight *flight = &oracle->flight;

    if (!flight->active || flight->placed)
        return;
    /* What was in doubt did not happen, or the log would have failed and nothing be under
     * way. */
    if (version == oracle->last + 1 - sim_oracle_is_in_doubt(oracle))
        place(oracle);
}

/* ---- ends -------------------------------------------------------------------------------- */

/* The index of the first record behind commit `version`. */
static uint32_t
records_to(const struct sim_oracle *oracle, uint64_t version)
{
    return version < oracle->last ? oracle->commits[version].first : oracle->record_count;
}

/* Commits (base, last], and behind them those of `rest`. */
static struct end
make_end(const struct sim_oracle *oracle, uint64_t base, uint64_t last, const struct end *rest)
{
    uint32_t from = records_to(oracle, base), own = records_to(oracle, last) - from;
    size_t commits = last - base;
    struct end end = { base, NULL, commits + rest->commit_count, NULL,
                       own + rest->record_count };

    end.commits = sim_new((end.commit_count + 1) * sizeof *end.commits);
    end.records = sim_new((end.record_count + 1) * sizeof *end.records);
    for (size_t i = 0; i < commits; i++) {
        end.commits[i] = oracle->commits[base + i];
        end.commits[i].first -= from;
    }
    for (size_t i = 0; i < rest->commit_count; i++) {
        end.commits[commits + i] = rest->commits[i];
        end.commits[commits + i].first += own;
    }
    for (size_t i = 0; i < end.record_count; i++)
        end.records[i] = i < own ? oracle->records[from + i] : rest->records[i - own];
    return end;
}

/* What stands behind `version` becomes an end, and those that stand further on begin there. */
static void
keep_ends(struct sim_oracle *oracle, uint64_t version)
{
    static const struct end nothing = { 0 };

    for (size_t i = 0; i < oracle->end_count; i++) {
        struct end *end = &oracle->ends[i];
        if (end->base <= version)
            continue;
        struct end longer = make_end(oracle, version, end->base, end);
        free_end(end);
        *end = longer;
    }
    if (version == oracle->last)
        return;
    sim_grow(&oracle->ends, &oracle->end_capacity, oracle->end_count + 1, sizeof *oracle->ends);
    oracle->ends[oracle->end_count++] = make_end(oracle, version, oracle->last, &nothing);
}

static void
append_end(struct sim_oracle *oracle, const struct end *end)
{
    for (size_t i = 0; i < end->commit_count; i++) {
        size_t limit =
            i + 1 < end->commit_count ? end->commits[i + 1].first : end->record_count;
        append_commit(oracle, end->commits[i]);
        for (size_t j = end->commits[i].first; j < limit; j++)
            append_record(oracle, end->records[j].change);
    }
}

unsigned
sim_oracle_ends(const struct sim_oracle *oracle)
{
    return (unsigned)oracle->end_count;
}

struct sim_span
sim_oracle_end(const struct sim_oracle *oracle, unsigned index)
{
    const struct end *end = &oracle->ends[index];

    return (struct sim_span){ end->base, end->base + end->commit_count };
}

void
sim_oracle_swap_end(struct sim_oracle *oracle, unsigned index)
{
    HF_ASSERT(index < oracle->end_count);
    static const struct end nothing = { 0 };
    struct end end = oracle->ends[index];

    oracle->ends[index] = make_end(oracle, end.base, oracle->last, &nothing);
    give_up_behind(oracle, end.base);
    append_end(oracle, &end);
    free_end(&end);
}

/* ---- durability -------------------------------------------------------------------------- */

void
sim_oracle_promise(struct sim_oracle *oracle, uint64_t version)
{
    HF_ASSERT(version <= oracle->last);
    if (oracle->durable < version)
        oracle->durable = version;
    if (oracle->kept < version)
        oracle->kept = version;
}

void
sim_oracle_crash(struct sim_oracle *oracle, bool power_cut)
{
    sim_oracle_doubt(oracle);
    if (power_cut)
        oracle->kept = oracle->durable;
}

void
sim_oracle_recover(struct sim_oracle *oracle, uint64_t version, bool writable)
{
    HF_ASSERT(version <= oracle->last);
    if (writable)
        forget_ends(oracle);
    else
        keep_ends(oracle, version);
    give_up_behind(oracle, version);
    if (oracle->last > 0)
        oracle->commits[oracle->last - 1].doubtful = false;
    oracle->kept = version;
    if (writable || oracle->durable > version)
        oracle->durable = version;
}

/* ---- for the account of a failure -------------------------------------------------------- */

uint64_t
sim_oracle_origin(const struct sim_oracle *oracle, uint32_t key, struct hf_span value)
{
    for (uint32_t at = oracle->heads[key]; at != NONE; at = oracle->records[at].older) {
        const struct record *record = &oracle->records[at];
        if (record->change.put &&
            sim_stamp_matches(value, record->change.size, record->change.stamp))
            return record->version;
    }
    return 0;
}

unsigned
sim_oracle_changes(const struct sim_oracle *oracle, uint64_t version, uint32_t *first)
{
    uint32_t limit =
        version == oracle->last ? oracle->record_count : oracle->commits[version].first;

    *first = oracle->commits[version - 1].first;
    return limit - *first;
}

struct sim_change
sim_oracle_change(const struct sim_oracle *oracle, uint32_t index)
{
    return oracle->records[index].change;
}
