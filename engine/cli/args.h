/*
 * args.h - the command line of the tool, once it is read: program.h with the tool's options.
 */
#ifndef HF_CLI_ARGS_H
#define HF_CLI_ARGS_H

#include "cli/input.h"
#include "cli/program.h"

/* The options; a verb names those that it takes by these bits. */
#define HF_OPT_MODE 1u
#define HF_OPT_MEMORY_LIMIT 2u
#define HF_OPT_BATCH 4u
#define HF_OPT_FORMAT 8u
#define HF_OPT_ACKS 16u
#define HF_OPT_PREFIX 32u
#define HF_OPT_REVERSE 64u
#define HF_OPT_LIMIT 128u
#define HF_OPT_AS_OF 256u
#define HF_OPT_ESCAPED 512u
#define HF_OPT_SINCE 1024u
#define HF_OPT_FROM 2048u
#define HF_OPT_TO 4096u

#define HF_WORDS_MAX 64u

struct hf_args {
    struct hf_command_line line;
    enum hf_mode mode;
    uint64_t memory_limit;
    uint64_t batch;
    enum hf_format format;
    const char *acks;
    const char *prefix;
    const char *from, *to; /* NULL: not given */
    uint64_t limit;
    uint64_t as_of; /* a version, or microseconds since 1970 */
    bool as_of_time;
    uint64_t since;
};

/* What holds where no option says otherwise. */
#define HF_ARGS_INIT                                                                           \
    {                                                                                          \
        .batch = 1, .limit = UINT64_MAX, .as_of = HF_LATEST                                    \
    }

/* Carries out a verb; returns the exit status. */
typedef int hf_verb_fn(const struct hf_args *args, struct hf_output *output);

#define HF_TOOL_OPTION_COUNT 13u
extern const struct hf_option hf_tool_options[HF_TOOL_OPTION_COUNT];

/* A number: decimal digits, at most 2^64 - 1. */
bool hf_number_parse(uint64_t *number, const char *text) HF_MUST_CHECK;
/* A size: a number, alone (bytes) or with KiB, MiB or GiB right behind it. */
bool hf_size_parse(uint64_t *bytes, const char *text) HF_MUST_CHECK;

#endif
