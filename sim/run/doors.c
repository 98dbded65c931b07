/*
 * doors.c - the same data through every door, each answer held against the oracle.
 *
 * The doors: hf_get, view_get, view_get_many, iteration forwards and backwards over any range,
 * and all of these as of an older version; and which version was the newest at a time. The
 * first difference is told as what was expected and what was found; which property it breaks
 * depends on what may have happened to the disk.
 */
#include "base/span.h"
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>

#define MANY_MAX 64u
#define TIME_GRAIN_US 1000u   /* to which tables remember when commits were made */
#define TIMES_AROUND_US 2500u /* how far from a commit's time one is asked for */

/* One door opened on one version. */
struct look {
    struct sim_run *run;
    const char *door;
    uint64_t version;
    bool is_recovery; /* what a crash left is looked at, not what a read gives while running */
    const struct sim_state *fold; /* of each key as of `version`; NULL: the oracle is asked */
};

/* What the version has of the key. */
static struct sim_state
state_of(const struct look *look, uint32_t key)
{
    return look->fold != NULL ? look->fold[key]
                              : sim_oracle_state(look->run->oracle, key, look->version);
}

/* ---- the account of a difference --------------------------------------------------------- */

static void
tell_state(char *to, size_t size, const struct look *look, uint32_t key,
           const struct sim_state *state)
{
    if (state->present)
        snprintf(to, size,
                 "%s as of %" PRIu64 ": key %" PRIu32 " has %" PRIu32
                 " bytes of version %" PRIu64,
                 look->door, look->version, key, state->size, state->version);
    else
        snprintf(to, size, "%s as of %" PRIu64 ": key %" PRIu32 " is not there", look->door,
                 look->version, key);
}

enum shown { SHOWS_NOTHING, SHOWS_ALL, SHOWS_PART };

/* What the key now shows of the newest commit that wrote to it, which left it in `state`; PART:
 * a write that the commit itself had overwritten. */
static enum shown
shows(struct sim_run *run, uint32_t key, const struct sim_state *state)
{
    struct hf_span name = sim_keyspace_key(run->keyspace, key);
    uint64_t version = 0;
    size_t size = 0;
    enum hf_err err =
        run->guest->get(run->handle, name, run->buffer, run->buffer_size, &size, &version);

    if (err == HF_ERR_NOT_FOUND)
        return state->present ? SHOWS_NOTHING : SHOWS_ALL;
    if (err != HF_OK || version != state->version)
        return SHOWS_NOTHING;
    return state->present &&
                   sim_stamp_matches(hf_span(run->buffer, size), state->size, state->stamp)
               ? SHOWS_ALL
               : SHOWS_PART;
}

/* Whether some commit is there in part: one of its keys shows it, another shows what was
 * before, or one shows it half done. */
static bool
is_torn_commit(struct sim_run *run, uint64_t limit)
{
    uint32_t first;

    for (uint64_t version = limit; version > 0; version--) {
        unsigned count = sim_oracle_changes(run->oracle, version, &first);
        unsigned shown[SHOWS_PART + 1] = { 0 };
        for (unsigned i = 0; i < count; i++) {
            uint32_t key = sim_oracle_change(run->oracle, first + i).key;
            struct sim_state newest = sim_oracle_state(run->oracle, key, limit);
            if (newest.version == version) /* else it is overwritten since: says nothing */
                shown[shows(run, key, &newest)]++;
        }
        if (shown[SHOWS_PART] > 0 || (shown[SHOWS_ALL] > 0 && shown[SHOWS_NOTHING] > 0))
            return true;
    }
    return false;
}

static enum sim_property
blame(const struct look *look)
{
    if (sim_run_is_damaged(look->run))
        return SIM_HOLDS_DETECTS;
    if (!look->is_recovery)
        return SIM_HOLDS_READS;
    return is_torn_commit(look->run, look->version) ? SIM_HOLDS_ATOMIC : SIM_HOLDS_PREFIX;
}

static void
differ(const struct look *look, uint32_t key, const struct sim_state *state,
       const struct hf_item *item)
{
    struct sim_run *run = look->run;
    char expected[SIM_ACCOUNT_SIZE];
    uint64_t origin;

    tell_state(expected, sizeof expected, look, key, state);
    if (item == NULL) {
        sim_run_break(run, blame(look), expected, "it is not found");
        return;
    }
    origin = sim_oracle_origin(run->oracle, key, item->value);
    if (origin != 0)
        sim_run_break(run, blame(look), expected,
                      "%zu bytes with version %" PRIu64 ", which commit %" PRIu64 " wrote",
                      item->value.len, item->version, origin);
    else
        sim_run_break(run, blame(look), expected,
                      "%zu bytes with version %" PRIu64 " that nobody wrote to this key",
                      item->value.len, item->version);
}

/* `item` NULL: not found. */
static bool
agrees(const struct look *look, uint32_t key, const struct hf_item *item)
{
    struct sim_state state = state_of(look, key);
    bool same = state.present ? item != NULL && item->version == state.version &&
                                    sim_stamp_matches(item->value, state.size, state.stamp)
                              : item == NULL;

    if (!same)
        differ(look, key, &state, item);
    else if (item != NULL && item->time_us != 0 &&
             !sim_oracle_time(look->run->oracle, item->version, item->time_us))
        sim_run_break(look->run, SIM_HOLDS_READS,
                      "the time of a commit stays, and never steps back",
                      "%s: commit %" PRIu64 " at %" PRIu64 " us", look->door, item->version,
                      item->time_us);
    return same;
}

/* A read may find no memory: where memory is refused; or, reaching its limit, because a view
 * keeps what it has shown. A get copies, and leaves nothing behind. */
static bool
may_lack_memory(const struct look *look)
{
    const struct sim_run *run = look->run;
    bool is_limited = run->options.memory_limit != 0;

    if (run->calm_depth > 0)
        return is_limited && strcmp(look->door, "get") != 0;
    return is_limited || sim_machine_fault_count(run->machine, SIM_ALLOC_FAIL) > 0;
}

/* A read failed. Want of memory may excuse it, and damage that the ledger has. */
static void
read_failed(const struct look *look, enum hf_err err)
{
    struct sim_run *run = look->run;

    if (err == HF_ERR_NO_MEMORY && may_lack_memory(look))
        return;
    if (sim_run_is_deserved(run, err)) {
        sim_run_judged(run, SIM_HOLDS_DETECTS);
        return;
    }
    sim_run_break(run, SIM_HOLDS_READS, "a read succeeds", "%s as of %" PRIu64 ": %s",
                  look->door, look->version, hf_err_name(err));
}

/* ---- versions ---------------------------------------------------------------------------- */

uint64_t
sim_doors_seen(struct sim_run *run)
{
    uint64_t seen = run->guest->last_version(run->handle);

    sim_oracle_seen(run->oracle, seen);
    if (seen < sim_oracle_kept(run->oracle) || seen > sim_oracle_last(run->oracle)) {
        char expected[96];
        snprintf(expected, sizeof expected, "a last version from %" PRIu64 " to %" PRIu64,
                 sim_oracle_kept(run->oracle), sim_oracle_last(run->oracle));
        sim_run_break(run, SIM_HOLDS_READS, expected, "%" PRIu64, seen);
    } else if (run->options.mode == HF_MODE_STRICT && run->is_placed &&
               seen > run->guest->durable_version(run->handle)) {
        sim_run_break(run, SIM_HOLDS_DURABLE, "in strict mode reads see what is durable",
                      "version %" PRIu64 " is seen, %" PRIu64 " is durable", seen,
                      run->guest->durable_version(run->handle));
    }
    return seen;
}

/* The lowest version that the handle must still be able to show. */
static uint64_t
oldest_required(const struct sim_run *run, uint64_t seen)
{
    uint64_t keep = run->options.keep_versions;
    uint64_t oldest = seen > keep ? seen - keep : 0;

    if (oldest < run->history_floor)
        oldest = run->history_floor;
    return oldest < seen ? oldest : seen;
}

/* Opens a view on look->version, or judges why not. */
static void *
open_view(const struct look *look, uint64_t seen)
{
    struct sim_run *run = look->run;
    void *view;
    enum hf_err err = run->guest->view_open(&view, run->handle, look->version);

    if (err == HF_OK) {
        if (run->guest->view_version(view) != look->version)
            sim_run_break(run, SIM_HOLDS_READS, "a view of the version that was asked for",
                          "%" PRIu64 " for %" PRIu64, run->guest->view_version(view),
                          look->version);
        return view;
    }
    if (err == HF_ERR_HISTORY_GONE && look->version < oldest_required(run, seen))
        return NULL;
    read_failed(look, err);
    return NULL;
}

/* ---- point reads ------------------------------------------------------------------------- */

static void
check_get(const struct look *look, uint32_t key)
{
    struct sim_run *run = look->run;
    struct hf_span name = sim_keyspace_key(run->keyspace, key);
    struct hf_item item = { .key = name };
    size_t size = 0;
    enum hf_err err =
        run->guest->get(run->handle, name, run->buffer, run->buffer_size, &size, &item.version);

    item.value = hf_span(run->buffer, size);
    if (err == HF_OK)
        agrees(look, key, &item);
    else if (err == HF_ERR_NOT_FOUND)
        agrees(look, key, NULL);
    else
        read_failed(look, err);
    sim_run_judged(run, SIM_HOLDS_READS);
}

void
sim_doors_get(struct sim_run *run, uint32_t key, uint64_t version)
{
    struct look look = { run, "get", version, false, NULL };

    check_get(&look, key);
}

bool
sim_doors_agree(struct sim_run *run, uint64_t version)
{
    uint32_t keys = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS);
    bool agree = true;

    sim_run_calm(run, true);
    for (uint32_t key = 0; key < keys && agree; key++) {
        struct sim_state state = sim_oracle_state(run->oracle, key, version);
        struct hf_span name = sim_keyspace_key(run->keyspace, key);
        uint64_t found = 0;
        size_t size = 0;
        enum hf_err err =
            run->guest->get(run->handle, name, run->buffer, run->buffer_size, &size, &found);
        agree =
            err == HF_ERR_NOT_FOUND
                ? !state.present
                : err == HF_OK && state.present && found == state.version &&
                      sim_stamp_matches(hf_span(run->buffer, size), state.size, state.stamp);
    }
    sim_run_calm(run, false);
    return agree;
}

static bool
check_view_get(const struct look *look, void *view, uint32_t key)
{
    struct sim_run *run = look->run;
    struct hf_item item;
    enum hf_err err = run->guest->view_get(view, sim_keyspace_key(run->keyspace, key), &item);

    if (err == HF_OK || err == HF_ERR_NOT_FOUND)
        return agrees(look, key, err == HF_OK ? &item : NULL);
    read_failed(look, err);
    return false;
}

/* `count` keys from `first` on, `stride` apart. */
static void
check_many(const struct look *look, void *view, uint32_t first, uint32_t count)
{
    struct sim_run *run = look->run;
    struct hf_span keys[MANY_MAX] = { { 0 } };
    struct hf_item items[MANY_MAX];

    for (uint32_t i = 0; i < count; i++)
        keys[i] = sim_keyspace_key(run->keyspace, first + i);
    enum hf_err err = run->guest->view_get_many(view, keys, count, items);
    if (err != HF_OK) {
        read_failed(look, err);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!agrees(look, first + i, items[i].version == 0 ? NULL : &items[i]))
            return;
    }
}

void
sim_doors_get_many(struct sim_run *run)
{
    uint64_t seen = sim_doors_seen(run);
    struct look look = { run, "get_many", seen, false, NULL };
    uint32_t keys = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS);
    uint32_t first = sim_work_key(run);
    uint32_t count = 1 + (uint32_t)sim_draw(run->tape, "many", run->step, MANY_MAX);
    void *view = open_view(&look, seen);

    if (view == NULL)
        return;
    count = count < keys - first ? count : keys - first;
    check_many(&look, view, first, count);
    run->guest->view_close(view);
}

/* ---- iteration --------------------------------------------------------------------------- */

struct walk {
    const struct look *look;
    bool reverse;
    uint32_t at;    /* the next key that may come, counted from the start of the walk */
    uint32_t first; /* of the range, [first, limit) */
    uint32_t limit;
    bool is_wrong;
    uint64_t stop_after; /* items; 0: to the end */
};

static uint32_t
walk_key(const struct walk *walk)
{
    return walk->reverse ? walk->limit - 1 - walk->at : walk->first + walk->at;
}

/* Steps over keys that are not there, up to `key` (or the end): each must be absent. */
static bool
skip_to(struct walk *walk, uint32_t key)
{
    for (; walk->at < walk->limit - walk->first; walk->at++) {
        if (walk_key(walk) == key)
            return true;
        if (!agrees(walk->look, walk_key(walk), NULL)) {
            walk->is_wrong = true;
            return false;
        }
    }
    return key == UINT32_MAX;
}

static bool
visit(void *context, const struct hf_item *item)
{
    struct walk *walk = context;
    struct sim_run *run = walk->look->run;
    uint32_t key = sim_keyspace_find(run->keyspace, item->key);

    if (key == UINT32_MAX || key < walk->first || key >= walk->limit) {
        sim_run_break(run, SIM_HOLDS_READS, "keys of the range, in order",
                      "%s gave a key of %zu bytes out of it", walk->look->door, item->key.len);
        walk->is_wrong = true;
        return false;
    }
    if (!skip_to(walk, key)) {
        if (!walk->is_wrong)
            sim_run_break(run, SIM_HOLDS_READS, "each key once, in order",
                          "%s gave key %" PRIu32 " again or too late", walk->look->door, key);
        walk->is_wrong = true;
        return false;
    }
    walk->at++;
    walk->is_wrong = !agrees(walk->look, key, item);
    if (walk->stop_after > 0 && --walk->stop_after == 0)
        return false;
    return !walk->is_wrong;
}

/* Walks keys [first, limit) of the view; `whole` leaves the bounds of the range open. */
static void
check_walk(const struct look *look, void *view, struct walk *walk, bool whole)
{
    struct sim_run *run = look->run;
    struct hf_range range = { .reverse = walk->reverse };
    bool to_the_end = walk->stop_after == 0;

    walk->look = look;
    if (!whole) {
        range.from = sim_keyspace_key(run->keyspace, walk->first);
        range.limit = sim_keyspace_key(run->keyspace, walk->limit);
    }
    enum hf_err err = run->guest->view_scan(view, &range, visit, walk);
    if (walk->is_wrong)
        return;
    if (err == HF_ERR_NOT_FOUND)
        skip_to(walk, UINT32_MAX);
    else if (err != HF_OK || to_the_end)
        read_failed(look, err);
}

void
sim_doors_scan(struct sim_run *run)
{
    uint64_t seen = sim_doors_seen(run);
    struct look look = { run, "scan", seen, false, NULL };
    uint32_t keys = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS);
    struct walk walk = { .first = 0, .limit = keys };
    bool whole = sim_draw(run->tape, "scan.part", run->step, 2) == 0;

    if (!whole && keys > 1) {
        walk.first = sim_work_key(run);
        walk.limit = 1 + (uint32_t)sim_draw(run->tape, "scan.limit", run->step, keys - 1);
        whole = walk.limit <= walk.first;
        if (whole)
            walk = (struct walk){ .first = 0, .limit = keys };
    }
    walk.reverse = sim_draw(run->tape, "scan.reverse", run->step, 2) == 1;
    walk.stop_after = sim_draw(run->tape, "scan.stop", run->step, 8);
    look.door = walk.reverse ? "scan backwards" : "scan";
    void *view = open_view(&look, seen);
    if (view == NULL)
        return;
    check_walk(&look, view, &walk, whole || keys == 1);
    run->guest->view_close(view);
}

/* ---- older versions ---------------------------------------------------------------------- */

static void
look_at(const struct look *look, uint64_t seen, uint32_t keys)
{
    void *view = open_view(look, seen);
    struct walk walk = { .first = 0, .limit = keys };

    if (view == NULL)
        return;
    check_walk(look, view, &walk, true);
    check_view_get(look, view, sim_work_key(look->run));
    look->run->guest->view_close(view);
}

void
sim_doors_as_of(struct sim_run *run)
{
    uint64_t seen = sim_doors_seen(run);
    uint64_t version = sim_draw(run->tape, "as_of", run->step, seen + 2);
    struct look look = { run, "view", seen - version, false, NULL };
    void *view;

    if (version <= seen) {
        look_at(&look, seen, (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS));
        return;
    }
    enum hf_err err = run->guest->view_open(&view, run->handle, seen + 1);
    if (err != HF_ERR_INVALID)
        sim_run_break(run, SIM_HOLDS_ERROR, "a view above the last version is INVALID", "%s",
                      hf_err_name(err));
    if (err == HF_OK)
        run->guest->view_close(view);
}

/* ---- times ------------------------------------------------------------------------------- */

/* Reads what a commit wrote, as of that commit, by which the oracle learns when it was made; a
 * commit of nothing but deletes does not say. */
static void
learn_time(const struct look *from, uint64_t version)
{
    struct look look = { from->run, "view", version, from->is_recovery, NULL };
    struct sim_run *run = look.run;
    uint32_t first;
    unsigned count = sim_oracle_changes(run->oracle, version, &first);
    void *view;

    for (unsigned i = 0; i < count; i++) {
        uint32_t key = sim_oracle_change(run->oracle, first + i).key;
        if (!sim_oracle_state(run->oracle, key, version).present)
            continue;
        view = open_view(&look, from->version);
        if (view == NULL)
            return;
        check_view_get(&look, view, key);
        run->guest->view_close(view);
        return;
    }
}

/* Where the grain is known, nothing before the span of the time may be left out: in memory mode
 * a delete may be, which was no news as long as the key had not been there. */
static bool
tells_to_the_grain(const struct sim_run *run)
{
    return !run->is_coarse &&
           (run->options.mode != HF_MODE_MEMORY || run->options.keep_versions == HF_KEEP_ALL);
}

static void
judge_version_at(const struct look *look, uint64_t time_us, uint64_t version)
{
    struct sim_run *run = look->run;
    char expected[SIM_ACCOUNT_SIZE];

    for (uint64_t near = version; near <= version + 1; near++) {
        if (near > 0 && near <= look->version && !run->is_broken)
            learn_time(look, near);
    }
    struct sim_span span =
        sim_oracle_newest_at(run->oracle, look->version, time_us, TIME_GRAIN_US);
    if (run->is_broken ||
        (version <= span.most && (version >= span.least || !tells_to_the_grain(run))))
        return;
    snprintf(expected, sizeof expected,
             "the newest version at %" PRIu64 " us, %" PRIu64 " to %" PRIu64, time_us,
             span.least, span.most);
    sim_run_break(run, blame(look), expected, "%" PRIu64, version);
}

/* Whether it is in order that a time is before the history that is kept. */
static bool
may_be_gone(const struct look *look, uint64_t time_us)
{
    const struct sim_run *run = look->run;
    uint64_t oldest = oldest_required(run, look->version);
    struct sim_span span =
        sim_oracle_newest_at(run->oracle, look->version, time_us, TIME_GRAIN_US);

    return oldest > 0 && (span.least <= oldest || !tells_to_the_grain(run));
}

/* Asks for a time near that of commit `anchor`, or, for 0, later than all. */
static void
check_version_at(const struct look *look, uint64_t anchor, uint64_t off)
{
    struct sim_run *run = look->run;
    uint64_t version = 0, time_us = UINT64_MAX;

    if (anchor > 0) {
        learn_time(look, anchor);
        time_us = sim_oracle_time_of(run->oracle, anchor) + off;
        time_us = time_us > TIMES_AROUND_US ? time_us - TIMES_AROUND_US : 0;
    }
    if (run->is_broken)
        return;
    enum hf_err err = run->guest->version_at(run->handle, time_us, &version);
    sim_trace(run->machine, "version_at", (uint64_t)(unsigned)-err, version);
    if (err == HF_OK)
        judge_version_at(look, time_us, version);
    else if (err != HF_ERR_HISTORY_GONE || !may_be_gone(look, time_us))
        read_failed(look, err);
}

void
sim_doors_as_of_time(struct sim_run *run)
{
    uint64_t seen = sim_doors_seen(run);
    struct look look = { run, "version_at", seen, false, NULL };
    uint64_t anchor = sim_draw(run->tape, "time.anchor", run->step, seen + 1);
    uint64_t off = sim_draw(run->tape, "time.off", run->step, 2 * TIMES_AROUND_US);

    check_version_at(&look, anchor, off);
    sim_run_judged(run, SIM_HOLDS_READS);
}

/* ---- views that stay --------------------------------------------------------------------- */

void *
sim_doors_hold(struct sim_run *run, uint64_t version)
{
    struct look look = { run, "view", version, false, NULL };

    return open_view(&look, version);
}

void
sim_doors_held(struct sim_run *run, const struct sim_held *held)
{
    struct look look = { run, "held view", held->version, false, NULL };
    struct walk walk = { .first = 0, .limit = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS) };

    check_walk(&look, held->view, &walk, true);
    if (!run->is_broken)
        check_view_get(&look, held->view, sim_work_key(run));
    sim_run_judged(run, SIM_HOLDS_READS);
}

/* ---- all of it --------------------------------------------------------------------------- */

static void
check_both_ways(struct look *look, void *view, uint32_t keys)
{
    struct walk forwards = { .first = 0, .limit = keys };
    struct walk backwards = { .reverse = true, .first = 0, .limit = keys };

    look->door = "scan";
    check_walk(look, view, &forwards, true);
    look->door = "scan backwards";
    if (!look->run->is_broken)
        check_walk(look, view, &backwards, true);
}

static void
check_points(struct look *look, void *view, uint32_t keys)
{
    struct sim_run *run = look->run;

    look->door = "get_many";
    for (uint32_t first = 0; first < keys && !run->is_broken; first += MANY_MAX)
        check_many(look, view, first, keys - first < MANY_MAX ? keys - first : MANY_MAX);
    look->door = "view_get";
    for (uint32_t key = 0; key < keys && !run->is_broken; key++)
        check_view_get(look, view, key);
}

void
sim_doors_all(struct sim_run *run, uint64_t version)
{
    uint32_t keys = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS);
    struct look look = { run, "view", version, true, run->fold };
    struct look get = { run, "get", version, false, run->fold };
    void *view;

    for (uint32_t key = 0; key < keys; key++)
        run->fold[key] = sim_oracle_state(run->oracle, key, version);
    sim_run_calm(run, true);
    view = open_view(&look, version);
    if (view != NULL) {
        check_both_ways(&look, view, keys);
        check_points(&look, view, keys);
        run->guest->view_close(view);
    }
    if (!run->is_broken && version > 0) {
        look.door = "old view";
        look.fold = NULL;
        look.is_recovery = false; /* what is wrong only there is no wrong prefix */
        look.version = version - sim_draw(run->tape, "check.as_of", run->lives, version);
        look_at(&look, version, keys);
    }
    for (uint32_t key = 0; key < keys && !run->is_broken; key++)
        check_get(&get, key);
    if (!run->is_broken) {
        look.door = "version_at";
        look.fold = NULL;
        look.version = version;
        check_version_at(&look, sim_draw(run->tape, "check.anchor", run->lives, version + 1),
                         sim_draw(run->tape, "check.off", run->lives, 2 * TIMES_AROUND_US));
    }
    sim_run_calm(run, false);
}
