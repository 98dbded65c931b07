/*
 * verb_iotrace.c - `holdfast iotrace VERB ...`: another verb, and every call that it makes
 * through the VFS, with its time.
 *
 * What VERB prints goes where it always goes. The trace goes to standard error, or with --out
 * to a file: a line a call, in the order in which they ended, and at the end a line for each
 * kind of call. With --json each is an object of its own.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/json_out.h"
#include "cli/verbs.h"
#include "vfs/vfs_trace.h"

#include <stdio.h>
#include <string.h>

#define KINDS_MAX 20 /* more than there are functions in vfs_file.h */

/* The sum of all calls of one kind. */
struct kind {
    const char *call;
    uint64_t count, bytes, ns_total, ns_max;
};

struct trace {
    FILE *to;
    bool json;
    struct kind kinds[KINDS_MAX];
    unsigned kind_count;
};

static double
us(uint64_t ns)
{
    return (double)ns / 1e3;
}

static void
add(struct trace *trace, const struct hf_trace_call *call)
{
    unsigned i = 0;

    while (i < trace->kind_count && strcmp(trace->kinds[i].call, call->call) != 0)
        i++;
    if (i == KINDS_MAX)
        return;
    struct kind *kind = &trace->kinds[i];
    if (i == trace->kind_count)
        trace->kinds[trace->kind_count++] = (struct kind){ .call = call->call };
    kind->count++;
    kind->bytes += call->done;
    kind->ns_total += call->took_ns;
    kind->ns_max = call->took_ns > kind->ns_max ? call->took_ns : kind->ns_max;
}

static void
print_json(FILE *to, const struct hf_trace_call *call)
{
    struct hf_json_out out = { .to = to };

    hf_json_out_open(&out, NULL, '{');
    hf_json_out_u64(&out, "at_ns", call->began_ns);
    hf_json_out_u64(&out, "took_ns", call->took_ns);
    hf_json_out_text(&out, "call", call->call);
    hf_json_out_text(&out, "name", call->name);
    if (call->to != NULL)
        hf_json_out_text(&out, "to", call->to);
    if (call->has_range) {
        hf_json_out_u64(&out, "off", call->off);
        hf_json_out_u64(&out, "len", call->len);
        hf_json_out_u64(&out, "done", call->done);
    }
    hf_json_out_text(&out, "result", hf_err_name(call->err));
    hf_json_out_close(&out);
    (void)fputc('\n', to);
}

static void
print_text(FILE *to, const struct hf_trace_call *call)
{
    (void)fprintf(to, "%12.6f s %10.1f us  %-13s %s", (double)call->began_ns / 1e9,
                  us(call->took_ns), call->call, call->name);
    if (call->to != NULL)
        (void)fprintf(to, " to %s", call->to);
    if (call->has_range)
        (void)fprintf(to, " at %llu: %llu of %llu", (unsigned long long)call->off,
                      (unsigned long long)call->done, (unsigned long long)call->len);
    if (call->err != HF_OK)
        (void)fprintf(to, "  %s", hf_err_name(call->err));
    (void)fputc('\n', to);
}

/* Threads take turns, a whole line each: the stream's own lock guards the sums as well. */
static void
tell(void *context, const struct hf_trace_call *call)
{
    struct trace *trace = context;

    flockfile(trace->to);
    add(trace, call);
    if (trace->json)
        print_json(trace->to, call);
    else
        print_text(trace->to, call);
    funlockfile(trace->to);
}

static void
print_sums(const struct trace *trace)
{
    if (!trace->json)
        (void)fprintf(trace->to, "%-13s %8s %14s %14s %14s %14s\n", "", "calls", "bytes",
                      "all, us", "mean, us", "longest, us");
    for (unsigned i = 0; i < trace->kind_count; i++) {
        const struct kind *kind = &trace->kinds[i];
        const char *format = trace->json
                                 ? "{\"sum\":\"%s\",\"calls\":%llu,\"bytes\":%llu,\"us\":%.1f,"
                                   "\"mean_us\":%.1f,\"max_us\":%.1f}\n"
                                 : "%-13s %8llu %14llu %14.1f %14.1f %14.1f\n";
        (void)fprintf(trace->to, format, kind->call, (unsigned long long)kind->count,
                      (unsigned long long)kind->bytes, us(kind->ns_total),
                      us(kind->ns_total) / (double)kind->count, us(kind->ns_max));
    }
}

/* The verb that is traced. Its output is a second one only where the two go to two places. */
static int
run(struct hf_command_line *inner, const struct hf_command_line *outer,
    struct hf_output *output)
{
    bool json = (inner->given & HF_OPTION_JSON) != 0;
    struct hf_output own;

    if (inner->out == NULL && outer->out == NULL) {
        output->json = json;
        return hf_tool.run(inner, output);
    }
    if (!hf_output_open(&own, inner->out, json))
        return hf_output_report(&own);
    int status = hf_tool.run(inner, &own);
    if (!hf_output_close(&own))
        return hf_output_report(&own);
    return status;
}

int
hf_verb_iotrace(const struct hf_args *args, struct hf_output *output)
{
    static struct trace trace; /* the wrappers keep it until the process ends */
    char *argv[HF_WORDS_MAX + 1] = { NULL };
    const char *words[HF_WORDS_MAX + 1];
    struct hf_args inner = HF_ARGS_INIT;
    struct hf_error error = { HF_OK, "" };

    for (unsigned i = 0; i < args->line.word_count; i++)
        argv[i + 1] = (char *)(uintptr_t)args->line.words[i];
    inner.line.words = words;
    if (!hf_command_line_read(&inner.line, &hf_tool, (int)args->line.word_count + 1, argv,
                              &error))
        return hf_report(args, &error);
    if (inner.line.verb != NULL && (inner.line.given & HF_OPTION_HELP) != 0) {
        hf_program_help(&hf_tool, inner.line.verb, output);
        return HF_STATUS_DONE;
    }
    if (inner.line.verb == NULL || inner.line.verb == args->line.verb ||
        (inner.line.given & (HF_OPTION_HELP | HF_OPTION_VERSION)) != 0) {
        error.code = HF_ERR_INVALID;
        (void)snprintf(error.text, sizeof error.text, "needs a verb that opens a database");
        return hf_report(args, &error);
    }
    trace.to = args->line.out == NULL ? stderr : output->to;
    trace.json = output->json;
    error.code = hf_trace_begin(tell, &trace);
    if (error.code != HF_OK)
        return hf_report(args, &error);
    int status = run(&inner.line, &args->line, output);
    print_sums(&trace);
    return status;
}
