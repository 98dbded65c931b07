/*
 * bench_args.c - the options of holdfast-bench, and how each reads its value.
 */
#include "bench/verbs_bench.h"

#include <stddef.h>

static const char *
read_smoke(void *at, const char *value)
{
    (void)value;
    *(enum bench_size *)at = BENCH_SMOKE;
    return NULL;
}

static const char *
read_quick(void *at, const char *value)
{
    (void)value;
    *(enum bench_size *)at = BENCH_QUICK;
    return NULL;
}

static const char *
read_full(void *at, const char *value)
{
    (void)value;
    *(enum bench_size *)at = BENCH_FULL;
    return NULL;
}

static const char *
read_tier(void *at, const char *value)
{
    return bench_tier_parse(at, value) ? NULL : "";
}

static const char *
read_directory(void *at, const char *value)
{
    return value[0] == 0 ? "a folder is wanted, . for this one" : hf_option_text(at, value);
}

#define AT(member) offsetof(struct bench_args, member)

const struct hf_option bench_options[BENCH_OPTION_COUNT] = {
    { "--quick", BENCH_OPT_SIZE, NULL, "less than three minutes for all (the default)",
      read_quick, AT(size) },
    { "--full", BENCH_OPT_SIZE, NULL, "less than thirty minutes for all", read_full, AT(size) },
    { "--smoke", BENCH_OPT_SIZE, NULL, "a few milliseconds a row, to see that all runs",
      read_smoke, AT(size) },
    { "--filter", BENCH_OPT_FILTER, "GLOB", "only rows whose name matches", hf_option_text,
      AT(filter) },
    { "--tier", BENCH_OPT_TIER, "TIER", "production, parallel, local or ci", read_tier,
      AT(tier) },
    { "--dir", BENCH_OPT_DIR, "FOLDER", "where databases are made (.)", read_directory,
      AT(directory) },
    { "--plant", BENCH_OPT_PLANT, "NAME", "holdfast-bench-planted: with this mistake on",
      hf_option_text, AT(plant) },
    { "--no-instructions", BENCH_OPT_NO_INSTRUCTIONS, NULL, "count without valgrind", NULL, 0 },
    { "--accept", BENCH_OPT_ACCEPT, NULL, "make what is measured the baseline", NULL, 0 },
    { "--why", BENCH_OPT_WHY, "TEXT", "what --accept writes into it", hf_option_text, AT(why) },
    { "-o", HF_OPTION_OUT, "FILE", "the same as --out", hf_option_text, AT(line.out) },
};
