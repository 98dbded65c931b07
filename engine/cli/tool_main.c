/*
 * tool_main.c - the `holdfast` tool: the engine from the command line, through its public
 * header like any user.
 *
 * Results go to standard output, diagnostics to standard error, one line each. The exit
 * statuses are those of enum hf_status.
 */
#include "cli/verbs.h"

static const struct tool_verb {
    struct hf_verb verb;
    hf_verb_fn *run;
} verbs[] = {
    { { "put", "DB KEY [VALUE]", "stores one value; without VALUE, standard input", 2, 3,
        HF_OPT_MODE | HF_OPT_ESCAPED },
      hf_verb_put },
    { { "get", "DB KEY", "prints the bytes of one value", 2, 2,
        HF_OPT_MODE | HF_OPT_AS_OF | HF_OPT_ESCAPED },
      hf_verb_get },
    { { "del", "DB [KEY]", "removes one key, or all from one up to before another", 1, 2,
        HF_OPT_MODE | HF_OPT_FROM | HF_OPT_TO | HF_OPT_ESCAPED },
      hf_verb_del },
    { { "load", "DB FILE", "stores all records of a file and prints how many", 2, 2,
        HF_OPT_MODE | HF_OPT_MEMORY_LIMIT | HF_OPT_BATCH | HF_OPT_FORMAT | HF_OPT_ACKS |
            HF_OPTION_FILES },
      hf_verb_load },
    { { "scan", "DB [FROM [TO]]", "prints the keys from FROM up to before TO", 1, 3,
        HF_OPT_PREFIX | HF_OPT_REVERSE | HF_OPT_LIMIT | HF_OPT_AS_OF | HF_OPT_ESCAPED },
      hf_verb_scan },
    { { "dump", "DB|FILE", "describes every structure with its offset, damaged or not", 1, 1,
        HF_OPTION_FILES },
      hf_verb_dump },
    { { "verify", "DB", "checks every byte in use; prints a line a finding", 1, 1, 0 },
      hf_verb_verify },
    { { "stat", "DB", "prints sizes, counts, versions and what recovery found", 1, 1, 0 },
      hf_verb_stat },
    { { "snapshot", "DB FILE", "writes a backup into one file; prints its version", 2, 2,
        HF_OPT_SINCE },
      hf_verb_snapshot },
    { { "restore", "FILE... NEWDB", "makes a database of a snapshot and those that follow it",
        2, HF_WORDS_MAX, HF_OPT_MEMORY_LIMIT | HF_OPTION_FILES },
      hf_verb_restore },
    { { "checkpoint", "DB NEWDB", "makes a second database that shares the tables", 2, 2, 0 },
      hf_verb_checkpoint },
    { { "salvage", "DAMAGED NEWDB", "makes a database of what can still be read of one", 2, 2,
        HF_OPT_MEMORY_LIMIT },
      hf_verb_salvage },
    { { "iotrace", "VERB ...", "carries out VERB and prints each call to the system", 1,
        HF_WORDS_MAX, HF_OPTION_REST },
      hf_verb_iotrace },
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static const struct hf_verb *
verb_at(unsigned index)
{
    return index < VERB_COUNT ? &verbs[index].verb : NULL;
}

static int
run(struct hf_command_line *line, struct hf_output *output)
{
    return verbs[line->verb_index].run((const struct hf_args *)line, output);
}

const struct hf_program hf_tool = {
    .name = "holdfast",
    .options = hf_tool_options,
    .option_count = HF_TOOL_OPTION_COUNT,
    .verb_at = verb_at,
    .every_verb = HF_OPTION_JSON,
    .help_end = "Status: 0 done, 1 not found or findings, 2 usage, 3 corrupt, 4 I/O error, "
                "5 busy.",
    .status_usage = HF_STATUS_USAGE,
    .status_unwritable = HF_STATUS_IO,
    .status_lost_output = HF_STATUS_IO,
    .run = run,
};

int
main(int argc, char **argv)
{
    struct hf_args args = HF_ARGS_INIT;

    return hf_program_main(&hf_tool, &args.line, argc, argv);
}
