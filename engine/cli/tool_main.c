/*
 * tool_main.c - the `holdfast` tool: the engine from the command line, through its public
 * header like any user.
 *
 * Results go to standard output, diagnostics to standard error, one line each. The exit
 * statuses are those of enum hf_status.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/verbs.h"

#include <signal.h>
#include <stdio.h>

const struct hf_verb hf_tool_verbs[] = {
    { "put", "DB KEY [VALUE]", "stores one value; without VALUE, standard input", 2, 3,
      HF_OPT_MODE | HF_OPT_ESCAPED, hf_verb_put },
    { "get", "DB KEY", "prints the bytes of one value", 2, 2,
      HF_OPT_MODE | HF_OPT_AS_OF | HF_OPT_ESCAPED, hf_verb_get },
    { "del", "DB [KEY]", "removes one key, or all from one up to before another", 1, 2,
      HF_OPT_MODE | HF_OPT_FROM | HF_OPT_TO | HF_OPT_ESCAPED, hf_verb_del },
    { "load", "DB FILE", "stores all records of a file and prints how many", 2, 2,
      HF_OPT_MODE | HF_OPT_MEMORY_LIMIT | HF_OPT_BATCH | HF_OPT_FORMAT | HF_OPT_ACKS,
      hf_verb_load },
    { "scan", "DB [FROM [TO]]", "prints the keys from FROM up to before TO", 1, 3,
      HF_OPT_PREFIX | HF_OPT_REVERSE | HF_OPT_LIMIT | HF_OPT_AS_OF | HF_OPT_ESCAPED,
      hf_verb_scan },
    { "dump", "DB|FILE", "describes every structure with its offset, damaged or not", 1, 1, 0,
      hf_verb_dump },
    { "verify", "DB", "checks every byte in use; prints a line a finding", 1, 1, 0,
      hf_verb_verify },
    { "stat", "DB", "prints sizes, counts, versions and what recovery found", 1, 1, 0,
      hf_verb_stat },
    { "snapshot", "DB FILE", "writes a backup into one file; prints its version", 2, 2,
      HF_OPT_SINCE, hf_verb_snapshot },
    { "restore", "FILE... NEWDB", "makes a database of a snapshot and those that follow it", 2,
      HF_WORDS_MAX, HF_OPT_MEMORY_LIMIT, hf_verb_restore },
    { "checkpoint", "DB NEWDB", "makes a second database that shares the tables", 2, 2, 0,
      hf_verb_checkpoint },
    { "salvage", "DAMAGED NEWDB", "makes a database of what can still be read of one", 2, 2,
      HF_OPT_MEMORY_LIMIT, hf_verb_salvage },
    { "iotrace", "VERB ...", "carries out VERB and prints each call to the system", 1,
      HF_WORDS_MAX, HF_OPT_REST, hf_verb_iotrace },
    { 0 },
};

static void
print_help_line(void *context, const char *line)
{
    hf_output_print(context, "%s\n", line);
}

static int
run(const struct hf_args *args, struct hf_output *output)
{
    if (args->version) {
        hf_output_print(output, "holdfast %s\n", hf_version_string());
        return HF_STATUS_DONE;
    }
    if ((args->given & HF_OPT_HELP) != 0) {
        hf_args_help(hf_tool_verbs, args->verb, print_help_line, output);
        return HF_STATUS_DONE;
    }
    return args->verb->run(args, output);
}

int
main(int argc, char **argv)
{
    struct hf_args args;
    struct hf_output output;
    struct hf_error error;

    /* A reader that goes away is a failed write, reported like any other. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (!hf_output_hold_streams())
        return HF_STATUS_IO;
    if (!hf_args_parse(&args, hf_tool_verbs, argc, argv, &error)) {
        (void)fprintf(stderr, "holdfast: %s\n", error.text);
        return HF_STATUS_USAGE;
    }
    if (!hf_output_open(&output, args.out, (args.given & HF_OPT_JSON) != 0))
        return hf_output_report(&output);
    int status = run(&args, &output);
    if (!hf_output_close(&output))
        return hf_output_report(&output);
    return status;
}
