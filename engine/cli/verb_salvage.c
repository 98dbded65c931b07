/*
 * verb_salvage.c - salvage: what can still be read of a damaged database, into a new one.
 */
#include "cli/verbs.h"

#include <string.h>

static void
print_line(void *context, const char *line)
{
    struct hf_output *output = context;
    struct hf_span text = { line, strlen(line) };

    if (!output->json) {
        hf_output_print(output, "%s\n", line);
        return;
    }
    hf_output_print(output, "{");
    hf_output_json_bytes(output, "line", text);
    hf_output_print(output, "}\n");
}

static void
print_summary(struct hf_output *output, const struct hf_salvaged *salvaged)
{
    unsigned long long tables = salvaged->tables, segments = salvaged->segments;
    unsigned long long keys = salvaged->keys, last = salvaged->last_version;
    unsigned long long losses = salvaged->losses;

    if (output->json)
        hf_output_print(output,
                        "{\"summary\": {\"tables\": %llu, \"segments\": %llu, \"keys\": %llu, "
                        "\"last_version\": \"%llu\", \"losses\": %llu}}\n",
                        tables, segments, keys, last, losses);
    else
        hf_output_print(output,
                        "saved %llu keys as of version %llu, from %llu tables and %llu log "
                        "segments; losses: %llu\n",
                        keys, last, tables, segments, losses);
}

int
hf_verb_salvage(const struct hf_args *args, struct hf_output *output)
{
    struct hf_salvaged salvaged = HF_SALVAGED_INIT;
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_error error = { HF_OK, "" };

    enum hf_status status = hf_check_two_places(args);
    if (status != HF_STATUS_DONE)
        return (int)status;
    options.memory_limit = args->memory_limit;
    enum hf_err err = hf_salvage(args->line.words[0], args->line.words[1], &options, print_line,
                                 output, &salvaged, &error);
    if (err != HF_OK)
        return (int)hf_report(args, &error);
    print_summary(output, &salvaged);
    return salvaged.losses == 0 ? HF_STATUS_DONE : HF_STATUS_NOT_FOUND;
}
