/*
 * json.h - reads JSON, one token a call, without allocating.
 *
 * The text is RFC 8259 and nothing beyond: well-formed UTF-8, no comment, no trailing comma,
 * one value. Numbers stay text until somebody asks for one, so that no digit is lost. Any bytes
 * at all are accepted as input: the reader ends at the first that is wrong, reads none outside
 * of `text`, and recurses nowhere. That a name stands twice in an object is not noticed.
 *
 *     hf_json_open(&json, text);
 *     if (hf_json_next(&json) == HF_JSON_OBJECT)
 *         while (hf_json_next(&json) == HF_JSON_NAME) {
 *             bool is_seed = hf_json_is(&json, "seed");
 *             hf_json_next(&json);
 *             if (!is_seed || !hf_json_u64(&json, &seed))
 *                 hf_json_skip(&json);
 *         }
 *     good = hf_json_finish(&json);
 */
#ifndef HF_CLI_JSON_H
#define HF_CLI_JSON_H

#include "holdfast.h"

#include <stdint.h>

/* Arrays and objects in each other. */
#define HF_JSON_DEPTH_MAX 64u

enum hf_json_kind {
    HF_JSON_BAD, /* `wrong` says why; so is every token from now on */
    HF_JSON_END, /* behind the value; so is every token from now on */
    HF_JSON_OBJECT,
    HF_JSON_OBJECT_END,
    HF_JSON_ARRAY,
    HF_JSON_ARRAY_END,
    HF_JSON_NAME, /* of a member: its value is the next token */
    HF_JSON_STRING,
    HF_JSON_NUMBER,
    HF_JSON_TRUE,
    HF_JSON_FALSE,
    HF_JSON_NULL
};

struct hf_json {
    /* the last token */
    enum hf_json_kind kind;
    size_t off;           /* where it begins, or where the text is wrong */
    struct hf_span token; /* its bytes; of a NAME and a STRING what is between the quotes */
    const char *wrong;    /* NULL, or a few words; static */

    /* the reader's own */
    struct hf_span text;
    size_t at;
    unsigned depth;
    uint64_t objects; /* bit d: what is open at depth d is an object, else an array */
    unsigned state;
};

/* Borrows `text` until the reader is no longer used. */
void hf_json_open(struct hf_json *json, struct hf_span text);

/* The next token, as json->kind has it too. */
enum hf_json_kind hf_json_next(struct hf_json *json);
/* The last token began a value: goes to its end. False: the text is BAD. */
bool hf_json_skip(struct hf_json *json);
/* Whether all of the text was read and is one good value; reads what is left of it. */
bool hf_json_finish(struct hf_json *json) HF_MUST_CHECK;

/* ---- the last token ---------------------------------------------------------------------- */

/* Whether it is a NAME or a STRING and, escapes expanded, says `text`. */
bool hf_json_is(const struct hf_json *json, const char *text);
/*
 * Writes a NAME or a STRING, escapes expanded, to to[0..size), whole characters only, with a 0
 * behind. Returns the bytes that all of it has without the 0; below `size`: nothing was cut. A
 * string may have a 0 inside. Of another token: 0 bytes.
 */
size_t hf_json_text(const struct hf_json *json, char *to, size_t size);
/* An integer 0 .. 2^64-1, as a NUMBER or a STRING of digits. False: it is none. */
bool hf_json_u64(const struct hf_json *json, uint64_t *number) HF_MUST_CHECK;
/* The nearest double to a NUMBER. False: it is none, or beyond all doubles. */
bool hf_json_double(const struct hf_json *json, double *number) HF_MUST_CHECK;

#endif
