/*
 * args.h - the command line of the tool, read against tables of verbs and options.
 */
#ifndef HF_CLI_ARGS_H
#define HF_CLI_ARGS_H

#include "cli/input.h"

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
#define HF_OPT_JSON 1024u
#define HF_OPT_OUT 2048u
#define HF_OPT_HELP 4096u
#define HF_OPT_SINCE 8192u
#define HF_OPT_REST (1u << 31) /* no option: all from the first word on are words */
#define HF_OPT_FROM 16384u
#define HF_OPT_TO 32768u
#define HF_OPT_ALL_VERBS (HF_OPT_JSON | HF_OPT_OUT | HF_OPT_HELP)

#define HF_WORDS_MAX 64u

struct hf_args;
struct hf_output;

/* Carries out a verb; returns the exit status. */
typedef int hf_verb_fn(const struct hf_args *args, struct hf_output *output);

struct hf_verb {
    const char *name;
    const char *words; /* what stands behind the name, for the help */
    const char *about;
    unsigned word_min, word_max;
    unsigned options; /* beyond HF_OPT_ALL_VERBS */
    hf_verb_fn *run;
};

struct hf_args {
    const struct hf_verb *verb; /* NULL: none, for --help and --version alone */
    const char *words[HF_WORDS_MAX];
    unsigned word_count;
    unsigned given; /* bits of the options on the command line */
    bool version;   /* --version */
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
    const char *out;
};

/*
 * Reads argv[1..argc). `verbs` ends with a NULL name. False: error->text is one line that says
 * what is wrong and names the nearest known word.
 */
bool hf_args_parse(struct hf_args *args, const struct hf_verb *verbs, int argc, char **argv,
                   struct hf_error *error) HF_MUST_CHECK;

/* Calls `line` for each line of the help: of one verb, or with NULL of the whole tool. */
void hf_args_help(const struct hf_verb *verbs, const struct hf_verb *verb, hf_line_fn *line,
                  void *context);

/* A number: decimal digits, at most 2^64 - 1. */
bool hf_number_parse(uint64_t *number, const char *text) HF_MUST_CHECK;
/* A size: a number, alone (bytes) or with KiB, MiB or GiB right behind it. */
bool hf_size_parse(uint64_t *bytes, const char *text) HF_MUST_CHECK;

#endif
