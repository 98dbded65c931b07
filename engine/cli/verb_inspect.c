/*
 * verb_inspect.c - dump, verify and stat: what a database is made of, and whether it is whole.
 */
#include "cli/spool.h"
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- lines ------------------------------------------------------------------------------- */

struct lines {
    struct hf_output *output;
    const char *name; /* of the one member of its JSON object */
    uint64_t count;
};

static void
print_line(void *context, const char *line)
{
    struct lines *lines = context;
    struct hf_span text = { line, strlen(line) };

    lines->count++;
    if (!lines->output->json) {
        hf_output_print(lines->output, "%s\n", line);
        return;
    }
    hf_output_print(lines->output, "{");
    hf_output_json_bytes(lines->output, lines->name, text);
    hf_output_print(lines->output, "}\n");
}

int
hf_verb_dump(const struct hf_args *args, struct hf_output *output)
{
    struct lines lines = { output, "line", 0 };
    struct hf_error error = { HF_OK, "" };
    struct hf_spool spool = { .path = "" };
    const char *path = args->line.words[0];
    enum hf_err err = HF_OK;

    if (strcmp(path, "-") == 0) {
        err = hf_spool_stdin(&spool, &error);
        path = spool.path;
    }
    if (err == HF_OK)
        err = hf_dump(path, print_line, &lines, &error);
    hf_spool_remove(&spool);
    if (err == HF_OK)
        return HF_STATUS_DONE;
    error.code = err;
    return (int)hf_report(args, &error);
}

/* ---- verify ------------------------------------------------------------------------------ */

static const char *
tail_name(enum hf_tail tail)
{
    switch (tail) {
    case HF_TAIL_NONE:
        return "none";
    case HF_TAIL_SEALED:
        return "sealed";
    case HF_TAIL_END:
        return "end";
    case HF_TAIL_TORN:
        break;
    }
    return "torn";
}

static void
note_tail(const struct hf_args *args, const struct hf_recovery *recovery)
{
    if (recovery->tail != HF_TAIL_TORN)
        return;
    (void)fprintf(stderr,
                  "holdfast: verify: %s: a torn tail, as a crash may leave it, is no finding: "
                  "%" PRIu64 " bytes behind offset %" PRIu64 " of segment %" PRIu32 "\n",
                  args->line.words[0], recovery->cut_bytes, recovery->cut_off,
                  recovery->cut_segment);
}

int
hf_verb_verify(const struct hf_args *args, struct hf_output *output)
{
    struct hf_recovery recovery = HF_RECOVERY_INIT;
    struct lines lines = { output, "finding", 0 };
    struct hf_db *db = NULL;

    enum hf_status status = hf_open_reader(&db, args);
    if (status != HF_STATUS_DONE)
        return (int)status;
    enum hf_err err = hf_verify(db, print_line, &lines);
    if (err == HF_ERR_CORRUPT && lines.count > 0)
        status = HF_STATUS_NOT_FOUND;
    else if (err != HF_OK)
        status = hf_report_call(db, args, err);
    hf_recovery_report(db, &recovery);
    note_tail(args, &recovery);
    status = hf_close_database(db, args, status);
    if (output->json)
        hf_output_print(output,
                        "{\"summary\": {\"findings\": %" PRIu64 ", \"tail\": \"%s\"}}\n",
                        lines.count, tail_name(recovery.tail));
    return (int)status;
}

/* ---- stat -------------------------------------------------------------------------------- */

/* What a number is: JSON has versions as strings, since they are identities, not amounts. */
enum kind { AMOUNT, IDENTITY };

struct row {
    const char *name;
    enum kind kind;
    uint64_t value;
};

static void
print_rows(struct hf_output *output, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *quote = rows[i].kind == IDENTITY ? "\"" : "";
        if (output->json)
            hf_output_print(output, "%s\"%s\": %s%" PRIu64 "%s", i == 0 ? "" : ", ",
                            rows[i].name, quote, rows[i].value, quote);
        else
            hf_output_print(output, "%-20s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

static void
print_stats(struct hf_output *output, const struct hf_stats *stats)
{
    const struct row rows[] = {
        { "last_version", IDENTITY, stats->last_version },
        { "durable_version", IDENTITY, stats->durable_version },
        { "oldest_version", IDENTITY, stats->oldest_version },
        { "memtable_keys", AMOUNT, stats->keys },
        { "segments", AMOUNT, stats->segments },
        { "log_bytes", AMOUNT, stats->log_bytes },
        { "memory_bytes", AMOUNT, stats->memory_bytes },
        { "index_bytes", AMOUNT, stats->index_bytes },
        { "cache_bytes", AMOUNT, stats->cache_bytes },
        { "memtables", AMOUNT, stats->memtables },
        { "tables", AMOUNT, stats->tables },
        { "table_bytes", AMOUNT, stats->table_bytes },
        { "table_entries", AMOUNT, stats->table_entries },
    };

    print_rows(output, rows, sizeof rows / sizeof rows[0]);
}

static void
print_recovery(struct hf_output *output, const struct hf_recovery *recovery)
{
    const struct row rows[] = {
        { "manifest", AMOUNT, recovery->manifest },
        { "segments_replayed", AMOUNT, recovery->segments_replayed },
        { "commits_replayed", AMOUNT, recovery->commits_replayed },
        { "witness_version", IDENTITY, recovery->witness_version },
        { "cut_bytes", AMOUNT, recovery->cut_bytes },
        { "cut_segment", AMOUNT, recovery->cut_segment },
        { "cut_off", AMOUNT, recovery->cut_off },
        { "tail_ambiguous", AMOUNT, recovery->tail_ambiguous },
        { "scan_ns", AMOUNT, recovery->scan_ns },
        { "replay_ns", AMOUNT, recovery->replay_ns },
    };

    print_rows(output, rows, sizeof rows / sizeof rows[0]);
    if (output->json)
        hf_output_print(output, ", \"tail\": \"%s\"", tail_name(recovery->tail));
    else
        hf_output_print(output, "%-20s %s\n", "tail", tail_name(recovery->tail));
}

int
hf_verb_stat(const struct hf_args *args, struct hf_output *output)
{
    struct hf_stats stats = HF_STATS_INIT;
    struct hf_recovery recovery = HF_RECOVERY_INIT;
    struct hf_db *db = NULL;

    enum hf_status status = hf_open_reader(&db, args);
    if (status != HF_STATUS_DONE)
        return (int)status;
    hf_stats_get(db, &stats);
    hf_recovery_report(db, &recovery);
    if (output->json)
        hf_output_print(output, "{\"stats\": {");
    print_stats(output, &stats);
    if (output->json)
        hf_output_print(output, "}, \"recovery\": {");
    print_recovery(output, &recovery);
    if (output->json)
        hf_output_print(output, "}}\n");
    return (int)hf_close_database(db, args, status);
}
