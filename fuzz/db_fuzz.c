/*
 * db_fuzz.c - any operations at all on a database, against a model in memory, with crashes.
 *
 *    0         1      4      7
 *    +---------+------+------+---
 *    | options | step | step | ...       a step: what, key, size
 *    +---------+------+------+---
 *        u8    3 bytes each
 *
 * It runs on a simulated machine with nothing wrong but crashes: process kills, and power cuts
 * between the steps and inside them. What must hold:
 *   1. every call succeeds, but for what a check of versions refuses
 *   2. every read is what the model says, as of the newest version and of older ones
 *   3. after a crash the database is the model as of a version that is none below what was
 *      durable, and none above what was asked for
 */
#include "fuzz/dir_doors.h"
#include "fuzz/fuzz.h"
#include "fuzz/room.h"
#include "fuzz/take.h"

#include <stdio.h>

#define KEYS 12u
#define COMMITS_MAX 400u
#define WRITES_MAX 4u
#define STEPS_MAX 150u
#define STEP_SIZE 3u
#define VALUE_SIZE_MAX 700u
#define CUT_CHANCE 12u /* one in so many calls, while a cut is armed */

/* ---- the model --------------------------------------------------------------------------- */

struct write {
    uint8_t key, limit; /* of what it writes; of a single key, key + 1 */
    bool is_delete;
    uint16_t size; /* of the value */
};

struct commit {
    unsigned count;
    struct write writes[WRITES_MAX];
};

/* What outlives a life of the machine. */
struct trial {
    const uint8_t *at; /* of the next step */
    size_t left;
    struct hf_options options;
    struct commit commits[COMMITS_MAX + 1]; /* [version]; the last one may be under way */
    uint64_t last;                          /* asked for */
    uint64_t acked;                         /* returned */
    uint64_t durable;                       /* claimed to be */
    bool is_done;
};

static struct trial trial;
static struct sim_rule rules[2]; /* a cut now; a cut at some call to come */
static struct sim_machine *machine;

static struct hf_span
key_of(uint8_t key)
{
    static char names[KEYS][8];

    int size = snprintf(names[key], sizeof names[key], "k%02u", key);
    return hf_span(names[key], (size_t)size);
}

/* A value says which commit wrote it for which key. */
static struct hf_span
value_of(uint64_t version, const struct write *write)
{
    static char bytes[WRITES_MAX][VALUE_SIZE_MAX + 1];
    char *value = bytes[write->key % WRITES_MAX];
    int width = write->size;

    int size = snprintf(value, VALUE_SIZE_MAX, "%u@%llu:%0*u", write->key,
                        (unsigned long long)version, width, write->size);
    return hf_span(value, (size_t)size);
}

/* The write that shows for a key as of a version, and the version that made it; NULL: none. */
static const struct write *
find_write(uint8_t key, uint64_t as_of, uint64_t *version)
{
    for (*version = as_of; *version > 0; --*version) {
        const struct commit *commit = &trial.commits[*version];
        for (unsigned i = commit->count; i > 0; i--) {
            const struct write *write = &commit->writes[i - 1];
            if (write->key <= key && key < write->limit)
                return write->is_delete ? NULL : write;
        }
    }
    return NULL;
}

/* ---- reads ------------------------------------------------------------------------------- */

static void
check_key(struct hf_view *view, uint8_t key, uint64_t as_of)
{
    struct hf_item item;
    uint64_t version;
    const struct write *write = find_write(key, as_of, &version);
    enum hf_err err = hf_view_get(view, key_of(key), &item);

    HF_ASSERT(err == (write == NULL ? HF_ERR_NOT_FOUND : HF_OK));
    if (write != NULL)
        HF_ASSERT(item.version == version &&
                  hf_span_equal(item.value, value_of(version, write)));
}

/* Every key as of one version; a version that is gone must be older than what is kept. */
static void
check_view(struct hf_db *db, uint64_t as_of)
{
    struct hf_view *view;
    uint64_t last = hf_last_version(db);
    enum hf_err err = hf_view_open(&view, db, as_of);

    if (err == HF_ERR_HISTORY_GONE) {
        HF_ASSERT(last - as_of > trial.options.keep_versions);
        return;
    }
    HF_ASSERT(err == HF_OK);
    for (uint8_t key = 0; key < KEYS; key++)
        check_key(view, key, as_of);
    hf_view_close(view);
}

static void
check_all(struct hf_db *db)
{
    uint64_t last = hf_last_version(db), items = 0, version;

    check_view(db, last);
    for (uint8_t key = 0; key < KEYS; key++)
        items += find_write(key, last, &version) != NULL;
    struct fuzz_doors doors = fuzz_doors_read(db, NULL, NULL);
    HF_ASSERT(doors.is_verified && doors.items == items);
}

/* ---- writes ------------------------------------------------------------------------------ */

/* Room in the model for one more commit; NULL: there is none. */
static struct commit *
begin_commit(void)
{
    if (trial.last == COMMITS_MAX)
        return NULL;
    trial.commits[++trial.last].count = 0;
    return &trial.commits[trial.last];
}

static void
end_commit(struct hf_db *db, uint64_t version)
{
    HF_ASSERT(version == trial.last);
    trial.acked = trial.last;
    if (trial.options.mode == HF_MODE_STRICT)
        trial.durable = trial.last;
    HF_ASSERT(hf_last_version(db) == trial.last);
}

static struct write
write_of(const uint8_t *step, bool is_delete)
{
    uint8_t key = step[1] % KEYS;

    return (struct write){ key, key + 1, is_delete,
                           is_delete ? 0 : (uint16_t)(step[2] * 2u + 1) };
}

/* A delete of up to all of the keys. */
static struct write
range_of(const uint8_t *step)
{
    uint8_t key = step[1] % KEYS;

    return (struct write){ key, (uint8_t)(key + 1 + step[2] % (KEYS - key)), true, 0 };
}

/* Where a range ends, or, behind the last key, that it does not. */
static struct hf_span
limit_of(const struct write *range)
{
    return range->limit == KEYS ? hf_span(NULL, 0) : key_of(range->limit);
}

static void
write_one(struct hf_db *db, const uint8_t *step, bool is_delete)
{
    struct commit *commit = begin_commit();
    uint64_t version = 0;

    if (commit == NULL)
        return;
    commit->writes[commit->count++] = write_of(step, is_delete);
    struct write *write = &commit->writes[0];
    struct hf_span key = key_of(write->key), value = value_of(trial.last, write);
    enum hf_err err = is_delete
                          ? hf_delete(db, key, 0, &version)
                          : hf_put(db, key, value, step[1] & 128 ? HF_DURABLE : 0, &version);
    HF_ASSERT(err == HF_OK);
    end_commit(db, version);
}

static void
delete_range(struct hf_db *db, const uint8_t *step)
{
    struct commit *commit = begin_commit();
    uint64_t version = 0;

    if (commit == NULL)
        return;
    commit->writes[commit->count++] = range_of(step);
    const struct write *range = &commit->writes[0];
    HF_ASSERT(hf_delete_range(db, key_of(range->key), limit_of(range), 0, &version) == HF_OK);
    end_commit(db, version);
}

/* Expects the right version, or one that is off by one. */
static void
write_if(struct hf_db *db, const uint8_t *step)
{
    uint64_t found, version = 0;
    struct write write = write_of(step, false);
    bool is_there = find_write(write.key, trial.last, &found) != NULL;
    uint64_t expected = (is_there ? found : 0) + (step[1] >> 7);
    struct commit *commit = begin_commit();

    if (commit == NULL)
        return;
    commit->writes[commit->count++] = write;
    enum hf_err err =
        hf_cas(db, key_of(write.key), expected, value_of(trial.last, &write), 0, &version);
    HF_ASSERT(err == (step[1] >> 7 ? HF_ERR_CONFLICT : HF_OK));
    if (err == HF_OK) {
        end_commit(db, version);
        return;
    }
    HF_ASSERT(version == (is_there ? found : 0));
    trial.last--;
}

static enum hf_err
add_to_batch(struct hf_batch *batch, const struct write *write, bool is_range)
{
    struct hf_span key = key_of(write->key);

    if (is_range)
        return hf_batch_delete_range(batch, key, limit_of(write));
    if (write->is_delete)
        return hf_batch_delete(batch, key);
    return hf_batch_put(batch, key, value_of(trial.last, write));
}

static void
write_batch(struct hf_db *db, const uint8_t *step)
{
    struct commit *commit = begin_commit();
    struct hf_batch *batch;
    uint64_t version = 0;

    if (commit == NULL)
        return;
    HF_ASSERT(hf_batch_open(&batch, db) == HF_OK);
    for (unsigned i = 0; i < 2u + step[2] % (WRITES_MAX - 1); i++) {
        uint8_t one[] = { 0, (uint8_t)(step[1] + i), (uint8_t)(step[2] * (i + 1)) };
        struct write *write = &commit->writes[commit->count++];
        bool is_range = (step[2] >> 6) == i;
        *write = is_range ? range_of(one) : write_of(one, (step[1] + i) % 5 == 4);
        HF_ASSERT(add_to_batch(batch, write, is_range) == HF_OK);
    }
    HF_ASSERT(hf_batch_commit(batch, 0, &version) == HF_OK);
    end_commit(db, version);
    hf_batch_close(batch);
}

/* ---- steps ------------------------------------------------------------------------------- */

static void
work(struct hf_db *db, unsigned steps)
{
    bool more = true;

    for (unsigned i = 0; i < steps && more; i++)
        HF_ASSERT(hf_work(db, &more) == HF_OK);
}

/* The power goes at once, or at one of the calls to come. */
static void
cut(uint8_t how)
{
    if (how % 2 == 0)
        rules[0].lo = 1;
    else
        rules[1].lo = 1;
}

enum action { GO_ON, CLOSE, KILL };

static enum action
take_step(struct hf_db *db, const uint8_t *step)
{
    switch (step[0] % 16) {
    case 0:
        return step[1] % 2 == 0 ? CLOSE : KILL;
    case 1:
        cut(step[1]);
        break;
    case 2:
        check_view(db, trial.last == 0 ? 0 : step[1] * 256u % (trial.last + 1));
        break;
    case 3:
        HF_ASSERT(hf_flush(db) == HF_OK);
        break;
    case 4:
        HF_ASSERT(step[1] % 4 == 0 ? hf_compact(db) == HF_OK : hf_sync(db) == HF_OK);
        break;
    case 5:
        work(db, step[1] % 32);
        break;
    case 6:
        write_one(db, step, true);
        break;
    case 7:
        write_if(db, step);
        break;
    case 8:
    case 9:
        write_batch(db, step);
        break;
    case 10:
        check_all(db);
        break;
    case 11:
        delete_range(db, step);
        break;
    default:
        write_one(db, step, false);
        break;
    }
    return GO_ON;
}

/* ---- lives ------------------------------------------------------------------------------- */

/* What was opened is the model as of a version; what is above that never was. */
static void
settle(struct hf_db *db)
{
    uint64_t last = hf_last_version(db);

    HF_ASSERT(last >= trial.durable && last <= trial.last);
    trial.last = trial.acked = last;
    check_all(db);
    trial.durable =
        hf_durable_version(db) > trial.durable ? hf_durable_version(db) : trial.durable;
}

static void
live(void *context)
{
    struct hf_db *db;
    struct hf_error error;
    enum action action = GO_ON;

    (void)context;
    HF_ASSERT(hf_open(&db, "db", &trial.options, &error) == HF_OK);
    settle(db);
    while (action == GO_ON && trial.left >= STEP_SIZE) {
        const uint8_t *step = trial.at;
        trial.at += STEP_SIZE;
        trial.left -= STEP_SIZE;
        action = take_step(db, step);
        if (hf_durable_version(db) > trial.durable)
            trial.durable = hf_durable_version(db);
        HF_ASSERT(trial.durable <= trial.last);
        sim_machine_step(machine);
    }
    if (action == KILL)
        return; /* what was acknowledged is with the kernel, and that goes on */
    HF_ASSERT(hf_close(db) == HF_OK);
    trial.durable = trial.last;
    trial.is_done = trial.left < STEP_SIZE;
}

static void
begin(const uint8_t *data, size_t size)
{
    static const uint64_t kept[] = { HF_KEEP_ALL, 0, 3, 20 };
    uint8_t choice = data[0];

    trial = (struct trial){ .at = data + 1, .left = size - 1 };
    if (trial.left > STEPS_MAX * STEP_SIZE)
        trial.left = STEPS_MAX * STEP_SIZE;
    trial.options = fuzz_room_options(HF_CREATE);
    trial.options.mode = choice & 1 ? HF_MODE_STRICT : HF_MODE_BUFFERED;
    trial.options.keep_versions = kept[choice >> 1 & 3];
    trial.options.sync_batch = choice & 8 ? 3 : 1000;
    rules[0] = (struct sim_rule){ .fault = SIM_POWER_CUT, .when = SIM_WHEN_CHANCE, .hi = 1 };
    rules[1] =
        (struct sim_rule){ .fault = SIM_POWER_CUT, .when = SIM_WHEN_CHANCE, .hi = CUT_CHANCE };
    machine = fuzz_room(choice, rules, 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + STEP_SIZE)
        return 0;
    begin(data, size);
    while (!trial.is_done) {
        enum sim_end end = sim_machine_life(machine, live, NULL);
        HF_ASSERT(end != SIM_STUCK);
        if (end == SIM_RETURNED)
            trial.durable = trial.acked;
        rules[0].lo = rules[1].lo = 0;
    }
    return 0;
}
