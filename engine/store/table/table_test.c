/*
 * table_test.c - names of tables, and a table in a real file, read by several threads.
 *
 * Method: names go there and back, others are refused. A table is written to a scratch folder
 * and opened from it; threads that share a cache far too small look up keys of their own choice
 * and walk, each comparing with the sorted array, so that blocks are read, added and dropped
 * under each other's feet. What only a failing disk shows is in the tests beside this one.
 */
#define _GNU_SOURCE
#include "base/tap.h"
#include "store/table/test_rows.h"

#include <unistd.h>

#define ROWS 400u
#define THREADS 3u
#define ROUNDS 400u

static char root[256];
static struct hf_budget budget;
static struct hf_table_env env;
static struct hf_table *table;
static struct test_rows rows;
static struct hf_detail detail;

/* ---- names ------------------------------------------------------------------------------- */

static void
test_names(void)
{
    static const char *const others[] = {
        "table-",           "table-1",           "table-0000000000",
        "table-9999999999", "table-00000000007", "table-0000000007.tm",
        "wal-0000000007",   "table-000000000x"
    };
    char name[HF_NAME_SIZE_MAX];
    bool held = true;

    hf_table_name(name, 7, "");
    TAP_OK(strcmp(name, "table-0000000007") == 0 && hf_table_number(name, "") == 7 &&
               hf_table_number(name, ".tmp") == 0,
           "a name leads back to its number");
    hf_table_name(name, UINT32_MAX, ".tmp");
    TAP_OK(strcmp(name, "table-4294967295.tmp") == 0 &&
               hf_table_number(name, ".tmp") == UINT32_MAX && hf_table_number(name, "") == 0,
           "so does one in the making");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        held = held && hf_table_number(others[i], "") == 0;
    TAP_OK(held, "no other name is taken for a table's");
}

/* ---- threads ----------------------------------------------------------------------------- */

struct reader {
    struct hf_thread *thread;
    uint64_t state;
    unsigned wrong;
};

/* One key as of one version, against the array; the pin is held while it is compared. */
static bool
looks_up(const struct test_row *row, uint64_t version)
{
    struct hf_span key = test_entry(row).key;
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, hf_table_hash_seed(&env));
    uint32_t at = test_rows_seek(&rows, key, version);
    bool expected = at < rows.count && hf_span_equal(test_entry(&rows.list[at]).key, key);
    struct hf_table_found found;
    enum hf_err err;
    bool right;

    hf_mutex_lock(env.mutex);
    err = hf_table_get(&env, table, key, hash, version, &found, NULL);
    hf_mutex_unlock(env.mutex);
    right = err == (expected ? HF_OK : HF_ERR_NOT_FOUND) &&
            (!expected || test_row_is(&rows.list[at], found.entry));
    hf_mutex_lock(env.mutex);
    hf_cache_unpin(env.cache, found.pin);
    hf_mutex_unlock(env.mutex);
    return right;
}

/* Some steps from one row on. */
static bool
walks(uint32_t from, uint32_t steps)
{
    struct hf_entry entry = test_entry(&rows.list[from]);
    struct hf_table_cursor cursor;
    bool right = true;

    hf_mutex_lock(env.mutex);
    right = hf_table_cursor_open(&cursor, &env, table, false) == HF_OK &&
            hf_table_cursor_seek(&cursor, entry.key, entry.version, NULL) == HF_OK;
    for (uint32_t i = from; right && i < from + steps && i < rows.count; i++)
        right = !cursor.at_end && test_row_is(&rows.list[i], hf_table_cursor_entry(&cursor)) &&
                hf_table_cursor_next(&cursor, NULL) == HF_OK;
    hf_table_cursor_close(&cursor);
    hf_mutex_unlock(env.mutex);
    return right;
}

static void
read_much(void *context)
{
    struct reader *reader = context;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        const struct test_row *row = &rows.list[test_draw(&reader->state) % ROWS];
        uint32_t from = (uint32_t)(test_draw(&reader->state) % ROWS);
        reader->wrong += !looks_up(row, row->version + test_draw(&reader->state) % 3 - 1);
        reader->wrong += i % 16 == 0 && !walks(from, 30);
    }
}

static void
test_threads(void)
{
    struct reader readers[THREADS];
    unsigned wrong = 0;
    bool started = true;

    for (uint32_t i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){ .state = i };
        started = started &&
                  hf_thread_start(&readers[i].thread, read_much, &readers[i], &detail) == HF_OK;
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        hf_thread_join(readers[i].thread);
        wrong += readers[i].wrong;
    }
    TAP_OK(started && wrong == 0, "%u threads read what was written", THREADS);
    TAP_OK(hf_cache_check(env.cache) == NULL && env.block_reads > ROUNDS,
           "through a cache too small, which is whole");
}

/* ---- a table in a file ------------------------------------------------------------------- */

static bool
exists(const char *name)
{
    char path[400];

    snprintf(path, sizeof path, "%s/%s", root, name);
    return access(path, F_OK) == 0;
}

static bool
make_table(void)
{
    struct hf_table_plan plan;

    rows = test_rows_make(11, ROWS);
    plan = test_plan(&rows, 256);
    hf_budget_init(&budget, 0);
    env = (struct hf_table_env){ .budget = &budget, .uuid = "0123456789abcde" };
    return hf_dir_open(&env.dir, root, 0, &detail) == HF_OK &&
           hf_mutex_open(&env.mutex) == HF_OK &&
           hf_cache_open(&env.cache, &budget, 6000) == HF_OK &&
           test_table_make(&table, &env, &rows, &plan, &detail) == HF_OK;
}

static bool
is_sound(void)
{
    struct hf_table_check *check;
    bool more = true;
    enum hf_err err = hf_table_check_open(&check, &env, table);

    while (err == HF_OK && more)
        err = hf_table_check_step(check, 10, &more, &detail);
    hf_table_check_close(check);
    return err == HF_OK;
}

/* The table's last ref goes twice: it is made anew in between. */
static void
test_release(void)
{
    struct hf_table_plan plan = test_plan(&rows, 256);

    table->is_obsolete = env.defers = true;
    hf_table_unref(&env, table);
    TAP_OK(exists("table-0000000007") && env.gone == table,
           "where that is deferred, an obsolete one's file waits for a sweep");
    hf_mutex_lock(env.mutex);
    hf_table_sweep(&env);
    TAP_OK(!exists("table-0000000007") && env.gone == NULL, "and goes with it");
    hf_table_sweep(&env);
    hf_mutex_unlock(env.mutex);

    env.defers = false;
    table = NULL;
    if (test_table_make(&table, &env, &rows, &plan, &detail) == HF_OK)
        table->is_obsolete = true;
    TAP_OK(exists("table-0000000007"), "it is made again");
    hf_table_unref(&env, table);
    TAP_OK(!exists("table-0000000007") && env.gone == NULL,
           "else it goes with the last who has it");
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");
    char command[300];

    snprintf(root, sizeof root, "%.200s/holdfast-table-XXXXXX", tmp == NULL ? "." : tmp);
    if (mkdtemp(root) == NULL)
        return 1;
    test_names();
    TAP_OK(make_table() && exists("table-0000000007") && !exists("table-0000000007.tmp"),
           "a table is made under its name");
    TAP_OK(table != NULL && is_sound(), "and is sound");
    if (table != NULL)
        test_threads();
    if (table != NULL)
        test_release();
    hf_cache_close(env.cache);
    hf_mutex_close(env.mutex);
    hf_dir_close(env.dir);
    free(rows.list);
    TAP_OK(budget.used == 0, "all memory is given back");
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) != 0 || tap_done();
}
