/*
 * json_out.h - writes JSON: commas, quotes and escapes in one place.
 *
 * Members go in by name, items of an array without one (NULL). Whether everything reached the
 * file is for the caller to ask, at the end, by ferror().
 *
 *     struct hf_json_out out = { .to = stdout };
 *     hf_json_out_open(&out, NULL, '{');
 *     hf_json_out_u64(&out, "runs", 12);
 *     hf_json_out_open(&out, "names", '[');
 *     hf_json_out_text(&out, NULL, "torn \"tail\"");
 *     hf_json_out_close(&out);
 *     hf_json_out_close(&out);              {"runs":12,"names":["torn \"tail\""]}
 */
#ifndef HF_CLI_JSON_OUT_H
#define HF_CLI_JSON_OUT_H

#include "cli/json.h"

#include <stdio.h>

struct hf_json_out {
    FILE *to;
    unsigned depth;
    uint64_t objects; /* bit d: what is open at depth d is an object, else an array */
    uint64_t filled;  /* bit d: it has a member or an item */
};

/* `bracket` is '{' or '['; at most HF_JSON_DEPTH_MAX in each other. */
void hf_json_out_open(struct hf_json_out *out, const char *name, char bracket);
void hf_json_out_close(struct hf_json_out *out);

/* What is no UTF-8 in a string becomes U+FFFD, a byte each. */
void hf_json_out_span(struct hf_json_out *out, const char *name, struct hf_span text);
void hf_json_out_text(struct hf_json_out *out, const char *name, const char *text);
void hf_json_out_u64(struct hf_json_out *out, const char *name, uint64_t number);
/* A 64-bit identity: a string, since not every reader of JSON has numbers that large. */
void hf_json_out_id(struct hf_json_out *out, const char *name, uint64_t number);
/* Rounded to `digits` behind the point; what is no finite number is null. */
void hf_json_out_double(struct hf_json_out *out, const char *name, double number, int digits);
void hf_json_out_bool(struct hf_json_out *out, const char *name, bool value);
void hf_json_out_null(struct hf_json_out *out, const char *name);

/* Just a string in quotes, as hf_json_out_span would write it. */
void hf_json_print_string(FILE *to, struct hf_span text);

#endif
